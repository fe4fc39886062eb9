import { expect, it } from 'vitest';
import { chipsOf, inView, queryHref, readFilter, viewOf, withoutToken } from './list-filter';

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
  ['is:unresolved level:error card', ['level:error']],
  ['release:[1.0, 2.0] "a:b"', ['release:[1.0, 2.0]']],
  // None of these can be taken out alone.
  ['level:error OR level:fatal', []],
  ['card (level:error release:1.0)', []],
])('shows of %s the filters %o', (query, raws) => {
  expect(chipsOf(query).map(({ raw }) => raw)).toEqual(raws);
});

it('shows the state where no tab does', () => {
  expect(chipsOf('is:unresolved', true).map(({ raw }) => raw)).toEqual(['is:unresolved']);
});
