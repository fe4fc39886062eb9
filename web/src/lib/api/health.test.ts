import { expect, it } from 'vitest';
import { readSessionStats } from './health';

const group = (status: string, counts: number[]) => ({
  by: { 'session.status': status },
  series: { 'sum(session)': counts },
  totals: {},
  estimated: false,
});

it('makes one series of points of a series for each way to end', () => {
  const stats = {
    intervals: ['2026-11-26T08:00:00Z', '2026-11-27T08:00:00Z'],
    groups: [
      group('healthy', [8, 0]),
      group('errored', [1, 0]),
      group('abnormal', [1, 0]),
      group('unhandled', [1, 2]),
      group('crashed', [3, 0]),
    ],
  };
  expect(readSessionStats(stats)).toEqual({
    series: [
      { at: 1_795_680_000, healthy: 8, errored: 3, crashed: 3 },
      { at: 1_795_766_400, healthy: 0, errored: 2, crashed: 0 },
    ],
    span: 86_400,
  });
  expect(readSessionStats({ intervals: [], groups: [] })).toEqual({ series: [], span: 3_600 });
});
