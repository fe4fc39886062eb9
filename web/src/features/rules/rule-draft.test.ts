import { expect, it } from 'vitest';
import type { AlertRule, AlertTrigger } from '$lib/api/alert-types';
import { draftAbout } from './rule-draft';

const about = (trigger: Record<string, unknown>, query: string) =>
  draftAbout(
    { projects: [], trigger: trigger as AlertTrigger } as Partial<AlertRule> as AlertRule,
    new URLSearchParams(query),
  );

it('fills in the transaction that a page leads from', () => {
  const draft = about(
    { type: 'transaction_p95', milliseconds: 1_000, minutes: 10 },
    'project=shop&transaction=GET+%2Fusers%2F*',
  );
  expect(draft.projects).toEqual(['shop']);
  expect(draft.trigger).toEqual({
    type: 'transaction_p95',
    milliseconds: 1_000,
    minutes: 10,
    transaction: 'GET /users/*',
  });
});

it('leaves other rules and empty addresses alone', () => {
  expect(about({ type: 'new_issue' }, 'transaction=a').trigger).toEqual({ type: 'new_issue' });
  expect(about({ type: 'transaction_p95' }, '')).toMatchObject({
    projects: [],
    trigger: { type: 'transaction_p95' },
  });
});
