import { expect, it } from 'vitest';
import { placeMarks, placeStretch } from './chart-marks';

const mark = (at: number) => ({ at, label: `${at}`, title: `${at}` });

it('marks what lies inside, and names as many as have room, the newest first', () => {
  const placed = placeMarks([mark(-1), mark(10), mark(85), mark(90), mark(100)], 0, 100);
  expect(placed.map(({ left, labelled }) => [left, labelled])).toEqual([
    [90, true],
    [85, false],
    [10, true],
  ]);
  expect(placeMarks([mark(1)], 5, 5)).toEqual([]);
});

it.each([
  [[20, 30], { left: 20, width: 10 }],
  [[-50, 50], { left: 0, width: 50 }],
  [[90, 900], { left: 90, width: 10 }],
  [[40, 40], { left: 40, width: 0 }],
  [[200, 300], null],
  [[NaN, 10], null],
] as const)('places the stretch %j', ([start, end], placed) =>
  expect(placeStretch([start, end], 0, 100)).toEqual(placed),
);
