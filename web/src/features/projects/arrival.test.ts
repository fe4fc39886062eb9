import { expect, it } from 'vitest';
import { turnedAway } from './arrival.svelte';

it('what was turned away is told in words, the most frequent first', () => {
  const ledger = {
    project: 'shop',
    received: 9,
    stored: 0,
    sampled: 0,
    notStored: {},
    duplicate: 0,
    limited: 3,
    rejected: { forbidden: 1, invalid_container: 5 },
    clientDiscarded: {},
  };
  expect(turnedAway(ledger)).toEqual([
    { reason: 'invalid container', count: 5 },
    { reason: 'over a rate limit', count: 3 },
    { reason: 'named a key that is disabled or of another project', count: 1 },
  ]);
  expect(turnedAway(null)).toEqual([]);
});
