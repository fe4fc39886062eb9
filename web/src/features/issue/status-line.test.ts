import { expect, it } from 'vitest';
import type { Activity, Issue } from '$lib/api/types';
import { statusLine, stillSeenText } from './status-line';

const issue = (changes: Partial<Issue>) =>
  ({
    status: 'unresolved',
    substatus: 'ongoing',
    statusDetails: {},
    firstRelease: { version: 'shop@2.14.3' },
    firstSeen: '2026-11-24T08:00:00Z',
    ...changes,
  }) as Issue;

const activity = (type: string, data: Activity['data']): Activity => ({
  id: '1',
  type,
  user: null,
  dateCreated: '2026-11-26T08:00:00Z',
  data,
});

it.each<[Partial<Issue>, Activity[], string]>([
  [{ substatus: 'new' }, [], 'New in 2.14.3'],
  [{ substatus: 'new', firstRelease: null }, [], 'New'],
  [{}, [], 'Since 2.14.3, 24 Nov'],
  [
    { substatus: 'regressed' },
    [activity('set_regression', { because: 'Regressed: resolved in 2.14.2 on Tuesday' })],
    'Regressed: resolved in 2.14.2 on Tuesday',
  ],
  [
    { substatus: 'regressed' },
    [activity('set_regression', { release: 'shop@2.15.0' })],
    'Regressed in 2.15.0',
  ],
  [{ substatus: 'escalating' }, [], 'Escalating: far more than usual'],
  [{ status: 'resolved' }, [], 'Resolved'],
  [
    {
      status: 'resolved',
      statusDetails: {
        inNextRelease: true,
        afterRelease: 'shop@2.14.2',
        actor: { type: 'user', id: '1', name: 'Ada', email: 'ada@example.com' },
      },
    },
    [],
    'Resolved in the next release after 2.14.2 by Ada',
  ],
  [{ status: 'ignored', substatus: 'archived_until_escalating' }, [], 'Archived until it escalates'],
  [
    { status: 'ignored', statusDetails: { ignoreCount: 63 } },
    [activity('set_ignored', { archive: { events: { more: 100, counted: 5 } } })],
    'Archived until 100 more events (37 so far)',
  ],
  [
    { status: 'ignored', statusDetails: { ignoreCount: 100, ignoreWindow: 60 } },
    [activity('set_ignored', { archive: { events: { more: 100, window_minutes: 60, counted: 5 } } })],
    'Archived until 100 more events within 1 h',
  ],
])('%o is told', (changes, activities, text) => {
  expect(statusLine(issue(changes), activities).text).toBe(text);
});

it('says quietly what old releases still send', () => {
  expect(stillSeenText({ events: 12, lastSeen: '', release: 'shop@2.13.0' })).toBe(
    'Still seen in releases before the fix: 12 events, the last in 2.13.0',
  );
});
