import { expect, it } from 'vitest';
import { eventsOf, isSilent } from './silence';

it('a project is silent that had events before and has none within a day', () => {
  const firstEvent = '2026-11-01T00:00:00Z';
  expect(isSilent({ firstEvent, stats: [[1, 0]] })).toBe(true);
  expect(
    isSilent({
      firstEvent,
      stats: [
        [1, 0],
        [2, 3],
      ],
    }),
  ).toBe(false);
  expect(isSilent({ firstEvent: null, stats: [[1, 0]] })).toBe(false);
  expect(isSilent({ firstEvent }), 'nothing is known').toBe(false);
  expect(
    eventsOf({
      firstEvent,
      stats: [
        [1, 2],
        [2, 3],
      ],
    }),
  ).toBe(5);
});
