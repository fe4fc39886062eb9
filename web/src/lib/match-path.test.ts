import { expect, it } from 'vitest';
import { changeQuery, matchPath, safeNext } from './match-path';

it.each([
  ['/issues', '/issues', {}],
  ['/issues', '/issues/', {}],
  ['/issues/:issue', '/issues/SHOP-1A', { issue: 'SHOP-1A' }],
  ['/issues/:issue', '/issues/a%2Fb%20c', { issue: 'a/b c' }],
  ['/issues/:issue/events/:event', '/issues/7/events/latest/', { issue: '7', event: 'latest' }],
  ['/issues/:issue', '/issues', null],
  ['/issues/:issue', '/projects/7', null],
  ['/issues/:issue', '/issues/%E0%A4%A', null],
])('matches %s against %s', (pattern, path, params) => {
  expect(matchPath(pattern, path)).toEqual(params);
});

it.each([
  ['', { sort: 'freq' }, '?sort=freq'],
  ['?sort=freq&project=a', { sort: null }, '?project=a'],
  ['?sort=freq', { sort: '' }, ''],
  ['?query=is%3Aunresolved', { cursor: '0:50:0' }, '?query=is%3Aunresolved&cursor=0%3A50%3A0'],
])('changes %s by %o', (search, changes, expected) => {
  expect(changeQuery(search, changes as Record<string, string | null>)).toBe(expected);
});

it.each([
  ['/issues/7?frames=all', '/issues/7?frames=all'],
  [null, '/issues'],
  ['//evil.example', '/issues'],
  ['/\\evil.example', '/issues'],
  ['https://evil.example', '/issues'],
  ['/login?next=/login', '/issues'],
])('goes on after sign-in from %s to %s', (next, expected) => {
  expect(safeNext(next)).toBe(expected);
});
