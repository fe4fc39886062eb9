import { expect, it } from 'vitest';
import { barsOf, lowestShown, partsOf, ratePath } from './health-chart';

const point = (total: number, errored: number, crashed: number, rate: number | null) => ({
  at: '2026-11-26T08:00:00Z',
  sessions: { total, errored, crashed, abnormal: 0, unhandled: 0 },
  users: { total, crashed },
  crashFreeSessions: rate,
});

it('splits sessions by how they ended', () => {
  expect(barsOf([point(10, 4, 1, 90)])).toEqual([
    { at: 1_795_680_000, healthy: 6, errored: 3, crashed: 1, total: 10, crashFree: 90 },
  ]);
});

it('begins the axis just below the lowest rate', () => {
  const lowest = (...rates: (number | null)[]) =>
    lowestShown(barsOf(rates.map((rate) => point(1, 0, 0, rate))));
  expect(lowest(99.9, 97.2)).toBe(96.5);
  expect(lowest(100)).toBe(98.5);
  expect(lowest(null)).toBe(98.5);
  expect(lowest(0)).toBe(0);
});

it('breaks the line where nothing is known', () => {
  const bars = barsOf([100, null, 98, 99].map((rate) => point(1, 0, 0, rate)));
  expect(ratePath(bars, 40, 10, 98)).toBe('M5.0 0.0h0.1M25.0 10.0h0.1L35.0 5.0');
});

it('stands a bar’s parts upon each other', () => {
  const [bar] = barsOf([point(10, 4, 1, 90)]);
  expect(bar && partsOf(bar, 20, 100)).toEqual([
    { kind: 'crashed', y: 95, height: 5 },
    { kind: 'errored', y: 80, height: 15 },
    { kind: 'healthy', y: 50, height: 30 },
  ]);
});
