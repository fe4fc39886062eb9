import { expect, it } from 'vitest';
import {
  chipsOf,
  inView,
  keepsStatus,
  queryHref,
  readFilter,
  savedHref,
  savedOf,
  viewOf,
  VIEWS,
  withoutToken,
} from './list-filter';

const search = (text: string) => new URLSearchParams(text);

it('reads the address, with defaults for what is missing or wrong', () => {
  expect(readFilter(search(''))).toMatchObject({ query: 'is:unresolved', sort: 'date', trend: '24h' });
  expect(readFilter(search('query=&sort=freq&trend=14d'))).toMatchObject({
    query: '',
    sort: 'freq',
    trend: '14d',
  });
  expect(readFilter(search('sort=evil&trend=99y'))).toMatchObject({ sort: 'date', trend: '24h' });
});

it.each([
  ['is:unresolved card', 'unresolved'],
  ['card is:ignored', 'ignored'],
  ['is:unresolved priority:high card', 'high'],
  ['bookmarks:me', 'bookmarks'],
  ['card', 'all'],
  ['!is:resolved', undefined],
  ['is:regressed till:north', 'regressed'],
  ['assigned:me card is:unresolved', 'mine'],
  ['is:unresolved firstRelease:latest', 'new'],
  ['is:unresolved assigned:jo@example.com', undefined],
])('%s is shown in the view %s', (query, view) => expect(viewOf(query)).toBe(view));

it('keeps the words when the view changes', () => {
  expect(inView('is:unresolved card', 'resolved')).toBe('is:resolved card');
  expect(inView('is:unresolved card', 'all')).toBe('card');
  expect(inView('card assigned:me is:unresolved level:error', 'regressed')).toBe(
    'is:regressed card level:error',
  );
  const either = 'level:error OR (card release:1.0)';
  expect(viewOf(either)).toBeUndefined();
  expect(inView(either, 'mine')).toBe(`is:unresolved assigned:me (${either})`);
  expect(viewOf(inView(either, 'mine'))).toBe('mine');
  expect(inView(inView(either, 'mine'), 'ignored')).toBe(`is:ignored (${either})`);
  expect(viewOf('is:ignored (a) OR (b)')).toBeUndefined();
  for (const { value } of VIEWS) expect(viewOf(inView('is:ignored card', value))).toBe(value);
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

it.each([
  ['is:unresolved', 'resolved', false],
  ['is:regressed', 'unresolved', true],
  ['is:regressed', 'ignored', false],
  ['card', 'resolved', true],
  ['!is:ignored', 'resolved', true],
] as const)('after a change, %s with %s: %s', (query, status, stays) => {
  expect(keepsStatus(query, status)).toBe(stays);
});

it('knows a saved search by its words and order', () => {
  const saved = {
    id: '7',
    type: 0,
    name: 'Tills',
    query: 'is:unresolved till:north',
    sort: 'freq',
    visibility: 'owner',
    dateCreated: '',
    isGlobal: false,
    isPinned: false,
    isMine: true,
  };
  const href = savedHref(search('cursor=1:2:0&project=shop&sort=user'), saved);
  const filter = readFilter(search(href.split('?')[1] ?? ''));
  expect(filter).toMatchObject({ project: 'shop', cursor: '', sort: 'freq' });
  expect(savedOf(filter, [saved])).toBe(saved);
  expect(savedOf({ ...filter, sort: 'date' }, [saved])).toBeUndefined();
});
