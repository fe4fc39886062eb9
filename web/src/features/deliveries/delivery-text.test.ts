import { expect, it } from 'vitest';
import type { Notification } from '$lib/api/alert-types';
import { failedFirst, triesText } from './delivery-text';

it.each([
  [0, 'waiting', 'not tried yet'],
  [0, 'dropped', 'never tried'],
  [1, 'delivered', ''],
  [1, 'failed', '1 try'],
  [3, 'delivered', '3 tries'],
] as const)('%i attempts, %s: %s', (attempts, state, text) => {
  expect(triesText({ attempts, state })).toBe(text);
});

it('puts what failed first and leaves the rest in its order', () => {
  const rows = (['delivered', 'failed', 'waiting', 'failed'] as const).map(
    (state, index) => ({ id: `${index}`, state }) as Notification,
  );
  expect(failedFirst(rows).map(({ id }) => id)).toEqual(['1', '3', '0', '2']);
});
