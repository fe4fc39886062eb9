import { describe, expect, it } from 'vitest';
import type { Issue } from './api/types';
import { foundEvent as event } from './found-event.fixture';
import { backFrom, eventHref, issueHref, rowHref } from './result-link';

describe('a result', () => {
  it('leads to its event, where it matched, and knows the way back', () => {
    expect(eventHref(event, '?query=quetzal')).toBe(
      `/issues/7/events/${event.id}?find=quetzal&at=breadcrumb+http&from=%3Fquery%3Dquetzal`,
    );
  });

  it('of issues leads to the event that matches', () => {
    const issue = { shortId: 'SHOP-1', matches: event.matches } as Issue;
    expect(issueHref(issue, 'quetzal', '')).toBe(
      '/issues/SHOP-1/events/matching?find=quetzal&at=breadcrumb+http&query=quetzal',
    );
    expect(issueHref(issue, '', '')).toBe('/issues/SHOP-1');
  });
});

describe('a row of the issues list', () => {
  const issue = { shortId: 'SHOP-1', matches: event.matches } as Issue;
  const matching = '/issues/SHOP-1/events/matching?find=quetzal&at=breadcrumb+http';

  it.each([
    ['quetzal', `${matching}&query=quetzal&from=%2Fissues`],
    ['is:unresolved quetzal', `${matching}&query=is%3Aunresolved+quetzal&from=%2Fissues`],
    ['is:unresolved', '/issues/SHOP-1'],
    ['release:2.0 AND (os:Linux OR os:iOS)', '/issues/SHOP-1'],
  ])('that %s finds leads to %s', (query, href) => expect(rowHref(issue, query, '/issues')).toBe(href));

  it('without a place leads to the issue', () => {
    expect(rowHref({ shortId: 'SHOP-1' }, 'quetzal', '/issues')).toBe('/issues/SHOP-1');
  });
});

describe('the way back', () => {
  it.each([
    ['?query=quetzal', '/search?query=quetzal'],
    ['/issues?query=quetzal', '/issues?query=quetzal'],
    ['/issues', '/issues'],
    ['/issues/SHOP-1', undefined],
    ['//evil.example', undefined],
    ['javascript:alert(1)', undefined],
    ['', undefined],
    [null, undefined],
  ])('from %s is %s', (from, href) => expect(backFrom(from)?.href).toBe(href));
});
