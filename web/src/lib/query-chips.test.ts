import { describe, expect, it } from 'vitest';
import { filterValue, formatFilter, parseQuery, withFilter } from './query-chips';

describe('a search', () => {
  it('falls apart into filters and words', () => {
    const tokens = parseQuery(
      'is:unresolved chargeCard "token expired" !level:info user.email:"a b@c" https://x.y/z',
    );
    expect(tokens.map(({ key, value, negated }) => [key, value, negated])).toEqual([
      ['is', 'unresolved', false],
      [undefined, 'chargeCard', false],
      [undefined, 'token expired', false],
      ['level', 'info', true],
      ['user.email', 'a b@c', false],
      [undefined, 'https://x.y/z', false],
    ]);
  });

  it('keeps a quote that is never closed as words', () => {
    expect(parseQuery('"open end').map(({ raw }) => raw)).toEqual(['"open', 'end']);
  });
});

it.each([
  ['is:unresolved card', 'is', 'resolved', 'is:resolved card'],
  ['card', 'is', 'resolved', 'is:resolved card'],
  ['is:unresolved card', 'is', null, 'card'],
  ['', 'tenant', 'a "b"', 'tenant:"a \\"b\\""'],
])('%s with %s set to %s is %s', (query, key, value, expected) => {
  expect(withFilter(query, key, value)).toBe(expected);
});

it.each(['plain', 'two words', 'quo"te', 'back\\slash', 'GET /*', 'f(x)', '[a, b]', '>10'])(
  'reads back the filter it wrote for %s',
  (value) => {
    expect(filterValue(formatFilter('tag', value), 'tag')).toBe(value);
  },
);
