import { expect, it } from 'vitest';
import { complete } from './completion';
import { inView, queryHref, readFilter, viewOf, withoutToken } from './list-filter';

const search = (text: string) => new URLSearchParams(text);

it('reads the address, with defaults for what is missing or wrong', () => {
  expect(readFilter(search(''))).toMatchObject({ query: 'is:unresolved', sort: 'date', statsPeriod: '24h' });
  expect(readFilter(search('query=&sort=freq&statsPeriod=14d'))).toMatchObject({
    query: '',
    sort: 'freq',
    statsPeriod: '14d',
  });
  expect(readFilter(search('sort=evil&statsPeriod=99y'))).toMatchObject({ sort: 'date', statsPeriod: '24h' });
});

it.each([
  ['is:unresolved card', 'unresolved'],
  ['card is:ignored', 'ignored'],
  ['card', 'all'],
  ['!is:resolved', 'all'],
  ['is:regressed', 'all'],
])('%s is shown in the view %s', (query, view) => expect(viewOf(query)).toBe(view));

it('keeps the words when the view changes', () => {
  expect(inView('is:unresolved card', 'resolved')).toBe('is:resolved card');
  expect(inView('is:unresolved card', 'all')).toBe('card');
});

it('writes addresses that read back as the same query', () => {
  expect(queryHref(search('cursor=1&sort=freq'), 'is:unresolved')).toBe('/issues?sort=freq');
  for (const query of ['', 'card', 'is:resolved a"b']) {
    const href = queryHref(search(''), query);
    expect(readFilter(search(href.split('?')[1] ?? '')).query.trim()).toBe(query);
  }
});

it('takes one filter away', () => {
  expect(withoutToken('is:unresolved level:error card', 'level:error')).toBe('is:unresolved card');
});

it.each([
  ['', []],
  ['card le', ['level:']],
  ['level:w', ['level:warning']],
  ['!level:w', ['!level:warning']],
  ['project:sh', ['project:shop-web']],
  ['level:error', []],
])('completes %s to %o', (query, labels) => {
  expect(complete(query, { project: ['shop-web', 'billing'] }).map(({ label }) => label)).toEqual(labels);
});

it('keeps what stands before the completed word', () => {
  expect(complete('card le', {})[0]?.query).toBe('card level:');
});
