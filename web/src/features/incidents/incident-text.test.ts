import { describe, expect, it } from 'vitest';
import type { Incident } from '$lib/api/alert-types';
import { actorName, changedText, mutedText, statusText } from './incident-text';
import { incident } from './incident.fixture';

const NOW = Date.parse('2026-11-27T02:30:00Z');
const ada = { type: 'person' as const, name: 'Ada', id: '1' };

describe('what holds of an incident', () => {
  it.each<[Partial<Incident>, string]>([
    [{}, 'Open for 18 min, nobody has acknowledged it'],
    [{ reopened: 1 }, 'Open for 18 min, nobody has acknowledged it, reopened once'],
    [{ reopened: 2 }, 'Open for 18 min, nobody has acknowledged it, reopened 2 times'],
    [
      { status: 'acknowledged', acknowledgedBy: ada, timeToAcknowledgeSeconds: 250 },
      'Acknowledged by Ada after 4 min',
    ],
    [
      {
        status: 'acknowledged',
        acknowledgedBy: { type: 'target', name: '#ops', id: '3' },
        timeToAcknowledgeSeconds: 30,
      },
      'Acknowledged by somebody in #ops after 30 s',
    ],
    [{ status: 'resolved', timeToResolveSeconds: 3_700 }, 'Over by itself after 1 h'],
    [{ status: 'resolved', resolvedBy: ada, timeToResolveSeconds: 3_700 }, 'Resolved by Ada after 1 h'],
  ])('%o', (change, text) => {
    expect(statusText({ ...incident, ...change }, NOW)).toBe(text);
  });

  it('never shows a time below nothing where clocks differ', () => {
    expect(statusText(incident, Date.parse(incident.opened) - 5_000)).toMatch(/^Open for 0 s/);
  });
});

it('names the server where nobody acted', () => {
  expect(actorName(null)).toBe('LightTrace');
  expect(actorName({ type: 'person', name: '', id: '9' })).toBe('somebody');
});

it.each([
  [null, ''],
  [{ until: null, untilUsers: 25 }, 'until 25 users met it'],
])('muted: %o', (muted, text) => {
  expect(mutedText({ muted })).toBe(text);
});

it.each([
  [{ status: 'open' as const }, 'Incident #12 is open again'],
  [{ status: 'acknowledged' as const }, 'Incident #12 is acknowledged'],
  [{ owner: '1' }, 'Incident #12 is Ada’s'],
  [{ owner: '' }, 'Incident #12 is nobody’s'],
  [{ severity: 'high' as const }, 'Incident #12 is of high severity'],
  [{ mute: { minutes: 60 } }, 'Incident #12 is muted'],
  [{ mute: null }, 'Incident #12 is not muted any more'],
  [{ title: 'Payments fail' }, 'Incident #12 is changed'],
])('%o was done', (change, text) => {
  expect(changedText('12', change, 'Ada’s')).toBe(text);
});
