import { expect, it } from 'vitest';
import { ledgerParts, mergeCounts, unaccounted } from './ledger-sums';

const row = {
  project: 'shop',
  received: 100,
  stored: 70,
  sampled: 10,
  notStored: { session: 6, profile: 4 },
  duplicate: 1,
  limited: 2,
  rejected: { too_large: 3 },
  clientDiscarded: { before_send: 9 },
};

it('accounts for everything that was received', () => {
  expect(ledgerParts(row).map(({ count }) => count)).toEqual([70, 10, 10, 1, 2, 3]);
  expect(unaccounted(row)).toBe(4);
});

it('adds up projects, largest first', () => {
  expect(mergeCounts([{ a: 1, b: 5 }, { a: 2 }])).toEqual([
    ['b', 5],
    ['a', 3],
  ]);
});
