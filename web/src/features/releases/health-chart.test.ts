import { expect, it } from 'vitest';
import { crashFreeOf, lowestShown, partsOf } from './health-chart';

const point = { at: 0, healthy: 6, errored: 3, crashed: 1 };

it('counts crashes alone against a rate', () => {
  expect(crashFreeOf(point)).toBe(90);
  expect(crashFreeOf({ at: 0, healthy: 0, errored: 0, crashed: 0 })).toBeNull();
});

it('begins the axis just below the lowest rate', () => {
  const of = (...crashed: number[]) =>
    lowestShown(crashed.map((count) => ({ ...point, healthy: 1000 - count, crashed: count })));
  expect(of(1, 28)).toBe(96.5);
  expect(of(0)).toBe(98.5);
  expect(of(1000)).toBe(0);
  expect(lowestShown([])).toBe(98.5);
  // One session at night that crashed does not flatten the day.
  expect(
    lowestShown([
      { at: 0, healthy: 100, errored: 0, crashed: 0 },
      { at: 1, healthy: 0, errored: 0, crashed: 1 },
    ]),
  ).toBe(98.5);
});

it('stands a bar’s parts upon each other', () => {
  expect(partsOf(point, 20, 100)).toEqual([
    { kind: 'crashed', y: 95, height: 5 },
    { kind: 'errored', y: 80, height: 15 },
    { kind: 'healthy', y: 50, height: 30 },
  ]);
});
