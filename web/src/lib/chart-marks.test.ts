import { expect, it } from 'vitest';
import { placeMarks } from './chart-marks';

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
