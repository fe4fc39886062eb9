import type { AlertRule, AlertRuleDraft, AlertRuleEdit } from '$lib/api/alert-types';

/** What of a rule a person decides, without what the server says of it. */
export function draftOf(rule: AlertRule): AlertRuleDraft {
  const { name, enabled, projects, environment, query, trigger, severity, targets, people } = rule;
  const { cooldownMinutes, quietMinutes, reopenMinutes } = rule;
  return {
    name,
    enabled,
    projects,
    environment,
    query,
    trigger,
    severity,
    targets,
    people,
    cooldownMinutes,
    quietMinutes,
    reopenMinutes,
  };
}

/** A template's draft about what the address names: a project, and of rules about transactions the one that is meant. */
export function draftAbout(rule: AlertRule, query: URLSearchParams): AlertRuleDraft {
  const draft = draftOf(rule);
  const [project, transaction] = [query.get('project'), query.get('transaction')];
  const aboutOne = transaction && draft.trigger.type.startsWith('transaction_');
  return {
    ...draft,
    ...(project && { projects: [project] }),
    ...(aboutOne && { trigger: Object.assign({}, draft.trigger, { transaction }) }),
  };
}

/** A draft as the server is asked to keep it. */
export const editOf = ({ environment, ...draft }: AlertRuleDraft): AlertRuleEdit => ({
  ...draft,
  environment: environment ?? '',
});
