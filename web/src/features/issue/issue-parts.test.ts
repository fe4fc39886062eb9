import { expect, it } from 'vitest';
import type { IssueHash } from '$lib/api/types';
import { partsOf } from './issue-parts';

const row = (id: string, part: string, count: number): IssueHash => ({
  id,
  latestEvent: null,
  state: 'unlocked',
  mergedBySeer: false,
  part: {
    id: part,
    shortId: `SHOP-${part}`,
    title: `Error ${part}`,
    culprit: '',
    count: `${count}`,
    userCount: 0,
    firstSeen: '2026-11-26T08:00:00Z',
    lastSeen: '2026-11-26T08:00:00Z',
  },
});

it('puts groups together that were one issue: the own one first, then the largest', () => {
  const parts = partsOf({ shortId: 'SHOP-1' }, [
    row('a', '2', 3),
    row('b', '1', 1),
    row('c', '3', 9),
    row('d', '2', 3),
  ]);
  expect(parts.map(({ of, own, hashes }) => [of.shortId, own, hashes])).toEqual([
    ['SHOP-1', true, ['b']],
    ['SHOP-3', false, ['c']],
    ['SHOP-2', false, ['a', 'd']],
  ]);
});
