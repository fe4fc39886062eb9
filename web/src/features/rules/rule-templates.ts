import type { AlertRuleDraft, AlertTrigger, Severity } from '$lib/api/alert-types';

/** What a rule can begin as: a sentence to fill in, and what it is good for. */
export interface RuleTemplate {
  id: AlertTrigger['type'];
  title: string;
  about: string;
  rule: AlertRuleDraft;
}

interface Start {
  severity: Severity;
  trigger: AlertTrigger;
  people?: string[];
  cooldownMinutes?: number;
  quietMinutes?: number;
}

/** What happens once is told each time; what lasts is told again only after a while. */
const template = (title: string, about: string, start: Start): RuleTemplate => ({
  id: start.trigger.type,
  title,
  about,
  rule: {
    name: title,
    enabled: true,
    projects: [],
    environment: null,
    query: '',
    targets: [],
    people: ['everyone'],
    cooldownMinutes: 30,
    quietMinutes: 15,
    reopenMinutes: 60,
    ...start,
  },
});

const ONCE = { cooldownMinutes: 0, quietMinutes: 60 };

export const RULE_TEMPLATES: RuleTemplate[] = [
  template('New issues', 'An error that nobody has seen before, often minutes after a deploy.', {
    severity: 'low',
    trigger: { type: 'new_issue' },
    ...ONCE,
  }),
  template('It came back', 'Once the fix ships, the same error must not return silently.', {
    severity: 'medium',
    trigger: { type: 'regression' },
    ...ONCE,
  }),
  template('Spikes', 'Far more of the same than is usual at that hour of the week, at night as by day.', {
    severity: 'high',
    trigger: { type: 'spike', factor: 10, windowMinutes: 60 },
  }),
  template('Many users', 'How many people an error meets says more than how often it is seen.', {
    severity: 'high',
    trigger: { type: 'users', moreThan: 50, windowMinutes: 60 },
  }),
  template('Many events', 'For what may happen now and then, but never often.', {
    severity: 'medium',
    trigger: { type: 'events', moreThan: 100, windowMinutes: 60 },
  }),
  template('The fix does not hold', 'Releases that should have the fix still send the error.', {
    severity: 'high',
    trigger: { type: 'fix_failed' },
    ...ONCE,
  }),
  template('Crash-free users', 'A release that crashes for more people than you accept.', {
    severity: 'high',
    trigger: { type: 'release', metric: 'crash_free_users', bound: 99, sessionsMin: 200 },
  }),
  template('A release made it worse', 'Compared with the one before it, at the same age.', {
    severity: 'high',
    trigger: { type: 'verdict_worse' },
    ...ONCE,
  }),
  template('Silence', 'Nothing at all may mean that nothing works, or that nothing is sent.', {
    severity: 'medium',
    trigger: { type: 'silence', factor: 10 },
  }),
  template('LightTrace itself', 'Whoever watches has to be watched.', {
    severity: 'critical',
    trigger: { type: 'own' },
    people: ['admins'],
  }),
];
