import { expect, it } from 'vitest';
import { partsOf } from './issue-parts';

const issue = { id: '1', shortId: 'SHOP-1', title: 'PaymentError' };
const part = (id: string, events: number) => ({ id, shortId: `SHOP-${id}`, title: `Error ${id}`, events });

it('puts groups together that were one issue: the own one first, then the largest', () => {
  const parts = partsOf(issue, [
    { id: 'a', issue: part('2', 3) },
    { id: 'b', issue: part('1', 1) },
    { id: 'c', issue: part('3', 9) },
    { id: 'd', issue: part('2', 3) },
  ]);
  expect(parts.map(({ note, own, hashes }) => [note, own, hashes.map(({ id }) => id)])).toEqual([
    ['SHOP-1', true, ['b']],
    ['SHOP-3', false, ['c']],
    ['SHOP-2', false, ['a', 'd']],
  ]);
});

it('holds a group without a part for the issue’s own', () => {
  expect(partsOf(issue, [{ id: 'a' }])).toMatchObject([{ note: 'SHOP-1', own: true, events: null }]);
});
