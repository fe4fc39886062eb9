import { expect, it } from 'vitest';
import { Selection } from './selection.svelte';

const page = ['a', 'b', 'c', 'd', 'e'];

it('extends from the row that was toggled last, in both directions', () => {
  const selection = new Selection();
  selection.toggle('d');
  selection.extendTo('b', page);
  expect([...selection.ids].sort()).toEqual(['b', 'c', 'd']);
  selection.extendTo('e', page);
  expect([...selection.ids].sort()).toEqual(['b', 'c', 'd', 'e']);
});

it('starts a range anew where its first row has left the page', () => {
  const selection = new Selection();
  selection.toggle('gone');
  selection.keep(page);
  expect(selection.none).toBe(true);
  selection.extendTo('c', page);
  expect([...selection.ids]).toEqual(['c']);
});

it('is not everything any more once one row is toggled', () => {
  const selection = new Selection();
  selection.everything = true;
  expect(selection.has('never seen')).toBe(true);
  selection.toggle('a', true);
  expect([selection.has('a'), selection.has('never seen')]).toEqual([true, false]);
  selection.clear();
  expect(selection.none).toBe(true);
});
