import { expect, it } from 'vitest';
import type { AlertPreview } from '$lib/api/alert-types';
import { previewDays, previewText } from './preview-text';

const preview: AlertPreview = {
  from: '2026-11-13T00:00:00Z',
  to: '2026-11-27T00:00:00Z',
  since: null,
  alerts: [],
  total: 0,
  messages: 0,
  note: null,
};
const at = (time: string) => ({
  at: time,
  because: '',
  subject: { type: 'project', issue: null, project: 'shop', release: null },
});

it.each<[Partial<AlertPreview>, string]>([
  [{}, 'Would not have fired in the last 14 days.'],
  [{ total: 7, messages: 3 }, 'Would have fired 7 times in the last 14 days, telling people 3 times.'],
  [{ total: 1, messages: 1 }, 'Would have fired once in the last 14 days, telling people once.'],
  [{ total: 2, messages: 0 }, 'Would have fired 2 times in the last 14 days, telling nobody.'],
  [{ since: '2026-11-24T00:00:00Z' }, 'Would not have fired in the last 14 days, of which 3 d are known.'],
  [{ since: '2026-11-13T06:00:00Z' }, 'Would not have fired in the last 14 days.'],
])('%o', (change, text) => {
  expect(previewText({ ...preview, ...change })).toBe(text);
});

it('counts by day, the last moment with the last day', () => {
  const alerts = ['2026-11-13T01:00:00Z', '2026-11-26T10:00:00Z', '2026-11-27T00:00:00Z'].map(at);
  const days = previewDays({ ...preview, alerts }).map(([, count]) => count);
  expect(days).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
});
