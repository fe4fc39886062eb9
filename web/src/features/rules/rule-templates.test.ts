import { expect, it } from 'vitest';
import { isAboutProjects, triggerText } from './trigger-sentence';
import { RULE_TEMPLATES } from './rule-templates';

it('has a template of every kind that there is, and only one', () => {
  const kinds = RULE_TEMPLATES.map(({ id }) => id);
  expect(new Set(kinds).size).toBe(kinds.length);
  expect(kinds).toHaveLength(10);
});

it.each(RULE_TEMPLATES.map((template) => [template.title, template] as const))(
  '%s is complete as it stands',
  (_, { rule }) => {
    expect(triggerText(rule.trigger)).not.toMatch(/undefined|NaN|\{|  /);
    expect(rule.people.length + rule.targets.length).toBeGreaterThan(0);
    expect(rule.quietMinutes).toBeGreaterThan(0);
    if (!isAboutProjects(rule.trigger.type)) expect(rule.people).toEqual(['admins']);
  },
);
