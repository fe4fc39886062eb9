import { expect, it } from 'vitest';
import { crashFreeOf, lowestShown, partsOf, ratePath } from './health-chart';

const point = { at: 0, healthy: 6, errored: 3, crashed: 1 };

it('counts crashes alone against a rate', () => {
  expect(crashFreeOf(point)).toBe(90);
  expect(crashFreeOf({ at: 0, healthy: 0, errored: 0, crashed: 0 })).toBeNull();
});

it('begins the axis just below the lowest rate', () => {
  expect(lowestShown([99.9, 97.2])).toBe(96.5);
  expect(lowestShown([100])).toBe(98.5);
  expect(lowestShown([null])).toBe(98.5);
  expect(lowestShown([0])).toBe(0);
});

it('breaks the line where nothing is known', () => {
  expect(ratePath([100, null, 98, 99], 40, 10, 98)).toBe('M5.0 0.0h0.1M25.0 10.0h0.1L35.0 5.0');
});

it('stands a bar’s parts upon each other', () => {
  expect(partsOf(point, 20, 100)).toEqual([
    { kind: 'crashed', y: 95, height: 5 },
    { kind: 'errored', y: 80, height: 15 },
    { kind: 'healthy', y: 50, height: 30 },
  ]);
});
