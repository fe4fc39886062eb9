import { expect, it } from 'vitest';
import { changeQuery } from '$lib/match-path';
import { filterOf, hasFilter, readSpanSearch, searchParams, toggleFilter } from './span-search';

it('reads the address, and leaves defaults out of it', () => {
  const search = readSpanSearch(new URLSearchParams('query=status:error&period=7d&sort=-duration'));
  expect(search).toMatchObject({ query: 'status:error', period: '7d', sort: '-duration', project: '' });
  expect(filterOf(search)).toMatchObject({ statsPeriod: '7d', sort: '-duration' });
  expect(readSpanSearch(new URLSearchParams('sort=name'))).toMatchObject({
    sort: '-timestamp',
    period: '24h',
  });
  const params = searchParams({ period: '24h', sort: '-timestamp' });
  expect(changeQuery('?period=7d&sort=-duration&cursor=x&query=a', params)).toBe('?query=a');
});

it.each([
  ['', 'status:error', 'status:error'],
  ['status:error', 'status:error', ''],
  ['refund op:db.query', 'op:db*', 'refund op:db*'],
  ['!op:cache "a b"', 'op:db*', '!op:cache "a b" op:db*'],
])('%s with %s toggled is %s', (query, filter, next) => expect(toggleFilter(query, filter)).toBe(next));

it('knows what a query holds', () => {
  expect(hasFilter('a status:error', 'status:error')).toBe(true);
  expect(hasFilter('!status:error', 'status:error')).toBe(false);
});
