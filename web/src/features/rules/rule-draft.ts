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

/** A draft as the server is asked to keep it. */
export const editOf = ({ environment, ...draft }: AlertRuleDraft): AlertRuleEdit => ({
  ...draft,
  environment: environment ?? '',
});
