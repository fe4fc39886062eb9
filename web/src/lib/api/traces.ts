import { apiPath, requestJson } from './http';
import type { EventTrace, SpanDetail, Waterfall } from './trace-types';

export const getWaterfall = (org: string, trace: string, signal?: AbortSignal) =>
  requestJson<Waterfall>(apiPath`/organizations/${org}/trace/${trace}/waterfall/`, { signal });

export const getSpan = (org: string, trace: string, span: string, signal?: AbortSignal) =>
  requestJson<SpanDetail>(apiPath`/organizations/${org}/trace/${trace}/spans/${span}/`, { signal });

export const getEventTrace = (org: string, project: string, event: string, signal?: AbortSignal) =>
  requestJson<EventTrace>(apiPath`/projects/${org}/${project}/events/${event}/trace/`, { signal });
