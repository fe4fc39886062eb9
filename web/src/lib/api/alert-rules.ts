import type { AlertPreview, AlertRule, AlertRuleEdit } from './alert-types';
import { apiPath, requestJson } from './http';

export const listAlertRules = (org: string, signal?: AbortSignal) =>
  requestJson<AlertRule[]>(apiPath`/organizations/${org}/alert-rules/`, { signal });

export const getAlertRule = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<AlertRule>(apiPath`/organizations/${org}/alert-rules/${id}/`, { signal });

export const createAlertRule = (org: string, body: AlertRuleEdit) =>
  requestJson<AlertRule>(apiPath`/organizations/${org}/alert-rules/`, { method: 'POST', body });

export const updateAlertRule = (org: string, id: string, body: AlertRuleEdit) =>
  requestJson<AlertRule>(apiPath`/organizations/${org}/alert-rules/${id}/`, { method: 'PUT', body });

export const deleteAlertRule = (org: string, id: string) =>
  requestJson<void>(apiPath`/organizations/${org}/alert-rules/${id}/`, { method: 'DELETE' });

/** When a rule would have fired in the last days, had it been there. */
export const previewAlertRule = (org: string, body: AlertRuleEdit, signal?: AbortSignal) =>
  requestJson<AlertPreview>(apiPath`/organizations/${org}/alert-rules/preview/`, {
    method: 'POST',
    body,
    signal,
  });
