import { describe, expect, it } from 'vitest';
import type { AlertTrigger } from '$lib/api/alert-types';
import { spanOptions, spanText } from './spans';
import { canLookBack, isAboutIssues, isAboutProjects, triggerParts, triggerText } from './trigger-sentence';

describe('a trigger in words', () => {
  it.each<[AlertTrigger, string]>([
    [{ type: 'new_issue' }, 'an issue is seen for the first time'],
    [
      { type: 'spike', factor: 10, windowMinutes: 60 },
      'an issue is seen 10 times as often as is usual at that hour, within 1\u00a0h',
    ],
    [
      { type: 'events', moreThan: 25_000, windowMinutes: 90 },
      'an issue has more than 25k events within 90\u00a0min',
    ],
    [
      { type: 'users', moreThan: 5, windowMinutes: 1440 },
      'an issue meets more than 5 users within 24\u00a0h',
    ],
    [
      { type: 'release', metric: 'crash_free_users', bound: 99.5, sessionsMin: 200 },
      'crash-free users of a release are below 99.5 percent, of at least 200 sessions',
    ],
    [
      { type: 'transaction_p95', transaction: 'POST /api/*', milliseconds: 2_000, minutes: 10 },
      'the p95 of “POST /api/*” is above 2000 ms over 10\u00a0min',
    ],
    [
      { type: 'transaction_failure_rate', percent: 2.5, minutes: 60, atLeast: 20 },
      'more than 2.5 percent of any transaction fail over 1\u00a0h, of at least 20',
    ],
    [
      { type: 'transaction_throughput', perMinute: 0.5, below: true, minutes: 10 },
      'any transaction runs less often than 0.5 times a minute over 10\u00a0min',
    ],
    [{ type: 'silence', factor: 3 }, 'a project has sent nothing for 3 times its usual gap at that hour'],
  ])('%o', (trigger, text) => {
    expect(triggerText(trigger)).toBe(text);
  });

  it('begins with what is chosen where the sentence does', () => {
    expect(triggerParts('release')[0]).toEqual({ slot: 'metric' });
    expect(triggerParts('regression')).toHaveLength(1);
  });

  it('knows what can be looked back at', () => {
    expect(canLookBack('spike')).toBe(true);
    expect(canLookBack('verdict_worse')).toBe(false);
  });

  it('knows what a query can narrow', () => {
    expect(isAboutIssues('users')).toBe(true);
    expect(isAboutIssues('release')).toBe(false);
    expect(isAboutProjects('silence')).toBe(true);
    expect(isAboutProjects('own')).toBe(false);
  });
});

it.each([
  [1, '1\u00a0min'],
  [60, '1\u00a0h'],
  [90, '90\u00a0min'],
  [1440, '24\u00a0h'],
  [2880, '2\u00a0d'],
  [0, 'no time'],
])('%i minutes are %s', (minutes, text) => {
  expect(spanText(minutes)).toBe(text);
});

it('offers what is chosen though it is none of the usual ones', () => {
  expect(spanOptions([5, 60], 7).map(({ value }) => value)).toEqual(['5', '7', '60']);
});
