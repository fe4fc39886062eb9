import { expect, it } from 'vitest';
import { edgesOf, greatest, placeDuration, ticksTo } from './charts';

const bins = [
  { fromMs: 0, toMs: 10, count: 1 },
  { fromMs: 10, toMs: 100, count: 8 },
  { fromMs: 100, toMs: 1_000, count: 2 },
];

it.each([
  [0, [1]],
  [9, [2.5, 5, 7.5, 10]],
  [812, [250, 500, 750, 1000]],
  [100, [25, 50, 75, 100]],
  [0.3, [0.1, 0.2, 0.3]],
  [4_100, [2000, 4000, 6000]],
])('an axis to %s has lines at %s', (max, ticks) => expect(ticksTo(max)).toEqual(ticks));

it('looks for the greatest among what is known', () => {
  expect(greatest([1, null], [7, 3])).toBe(7);
  expect(greatest([null])).toBe(0);
});

it('places durations among bins that widen', () => {
  expect(placeDuration(bins, 0)).toBe(0);
  expect(placeDuration(bins, 5)).toBeCloseTo(100 / 6);
  expect(placeDuration(bins, 10)).toBeCloseTo(100 / 3);
  expect(placeDuration(bins, Math.sqrt(1_000))).toBeCloseTo(50);
  expect(placeDuration(bins, 5_000)).toBe(100);
  expect(placeDuration(bins, null)).toBeNull();
  expect(placeDuration([], 5)).toBeNull();
});

it('labels an axis at the edges of bins', () => {
  expect(edgesOf(bins, 6).map(({ ms }) => ms)).toEqual([0, 10, 100, 1_000]);
  expect(edgesOf(bins, 2).map(({ left }) => left)).toEqual([0, 100]);
  expect(edgesOf([], 6)).toEqual([]);
});
