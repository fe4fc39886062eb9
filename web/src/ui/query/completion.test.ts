import { describe, expect, it } from 'vitest';
import type { Suggestion } from '$lib/api/types';
import { charactersBefore, mergeOffers, offersOf, OFFERS_MAX, recentOffers } from './completion';

const item = (kind: Suggestion['kind'], text: string): Suggestion => ({
  kind,
  text,
  label: text,
  note: '',
  count: null,
});

describe('what the server offers', () => {
  it.each<[string, number, number, Suggestion, string, number, boolean]>([
    ['lev', 0, 3, item('key', 'level:'), 'level:', 6, false],
    ['foo level:er bar', 4, 12, item('value', 'level:error'), 'foo level:error bar', 15, true],
    // 𝕏 is one character of two units.
    ['𝕏 lev', 2, 5, item('key', 'level:'), '𝕏 level:', 9, false],
    ['', 0, 0, item('saved', 'is:unresolved mine'), 'is:unresolved mine', 18, true],
  ])('%j from %d to %d', (query, from, to, offered, expected, caret, whole) => {
    expect(offersOf(query, { from, to, items: [offered] })).toMatchObject([
      { query: expected, caret, whole },
    ]);
  });

  it('counts characters for the server', () => expect(charactersBefore('𝕏 lev', 3)).toBe(2));
});

it('offers earlier searches that fit', () => {
  const recent = ['level:error', 'chargeCard', 'release:1.0'];
  const labels = (typed: string) => recentOffers(recent, typed).map(({ label }) => label);
  expect(labels('')).toEqual(recent);
  expect(labels('CARD')).toEqual(['chargeCard']);
  expect(labels('chargeCard')).toEqual([]);
});

it('keeps places for earlier searches, and to its bound', () => {
  const server = offersOf('', {
    from: 0,
    to: 0,
    items: Array.from({ length: 20 }, (_, at) => item('key', `k${at}:`)),
  });
  const merged = mergeOffers(server, recentOffers(['one', 'two'], ''));
  expect(merged).toHaveLength(OFFERS_MAX);
  expect(merged.slice(-2).map(({ label }) => label)).toEqual(['one', 'two']);
});
