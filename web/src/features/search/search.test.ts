import { describe, expect, it } from 'vitest';
import { foundEvent as event } from '$lib/found-event.fixture';
import { examples, EXAMPLES_MAX } from './examples';
import { facetState, withFacet } from './facet-query';
import { barSeconds, intervalFor, stretchOf, withoutLead } from './histogram';
import { readSearch, scopeOf, searchHref } from './search-state';

const read = (text: string) => readSearch(new URLSearchParams(text));

describe('the address of a search', () => {
  it.each([
    '/search',
    '/search?query=card+declined&by=issues&sort=freq&period=7d&project=shop',
    '/search?start=2026-11-24T10%3A00%3A00Z&end=2026-11-24T12%3A00%3A00Z',
  ])('%s reads and writes itself', (href) => expect(searchHref(read(href.split('?')[1] ?? ''))).toBe(href));

  it.each([
    ['by=evil&sort=evil&period=9y&start=yesterday&end=2026-11-24', '/search'],
    ['by=issues&sort=-timestamp', '/search?by=issues'],
    ['period=7d&start=2026-11-24&end=2026-11-25', '/search?start=2026-11-24&end=2026-11-25'],
  ])('%s is read as %s', (text, href) => expect(searchHref(read(text))).toBe(href));

  it('starts at the first page of another question', () => {
    const state = read('query=card&cursor=0:30:0');
    expect(searchHref(state, { query: 'other' })).toBe('/search?query=other');
    expect(searchHref(state, { by: 'issues' })).toBe('/search?query=card&by=issues');
    expect(searchHref(state, { cursor: '0:60:0' })).toBe('/search?query=card&cursor=0%3A60%3A0');
  });

  it('says what the server is asked', () => {
    expect(scopeOf(read('query=card&period=7d&project=shop'))).toEqual({
      query: 'card',
      project: 'shop',
      statsPeriod: '7d',
      start: '',
      end: '',
    });
  });
});

describe('bars over time', () => {
  it.each([
    ['1h', '', '', '1m'],
    ['24h', '', '', '30m'],
    ['14d', '', '', '6h'],
    ['90d', '', '', '1d'],
    ['', '2026-11-24T10:00:00Z', '2026-11-24T10:05:00Z', '1m'],
    ['', '2020-01-01', '2026-01-01', '1d'],
  ])('%s %s %s are each %s long', (period, start, end, interval) => {
    expect(intervalFor({ period, start, end })).toBe(interval);
  });

  it.each<[number, number]>([
    [80, 14],
    [50, 41],
    [0, 90],
    [-1, 14],
  ])('leave out the nothing before bar %d', (first, left) => {
    const series = Array.from({ length: 90 }, (_, at): [number, number] => [at * 60, at === first ? 1 : 0]);
    const shown = withoutLead({ series, start: 0, end: 5_400 });
    expect(shown.series).toHaveLength(left);
    expect(shown.start).toBe((90 - left) * 60);
    expect(shown.series.some(([, count]) => count > 0)).toBe(first >= 0);
  });

  it('give the stretch that was chosen, in either direction', () => {
    const series: [number, number][] = [
      [0, 1],
      [60, 2],
      [120, 3],
    ];
    expect(barSeconds(series, 180)).toBe(60);
    const chosen = { period: '', start: '1970-01-01T00:01:00Z', end: '1970-01-01T00:03:00Z' };
    expect(stretchOf(series, 60, 1, 2)).toEqual(chosen);
    expect(stretchOf(series, 60, 2, 1)).toEqual(chosen);
    expect(stretchOf(series, 60, 2, 7)).toBeNull();
  });
});

describe('a facet', () => {
  it.each([
    ['', 'included', 'os:Linux'],
    ['card', 'excluded', 'card !os:Linux'],
    ['card os:Linux', 'included', 'card'],
    ['os:Linux card', 'excluded', 'card !os:Linux'],
    ['!os:Linux', 'included', 'os:Linux'],
    ['tags[os]:Linux card', 'excluded', 'card !os:Linux'],
  ] as const)('of %s that is %s gives %s', (query, wanted, expected) => {
    expect(withFacet(query, 'os', 'Linux', wanted)).toBe(expected);
  });

  it('names keys that are not words in full', () => {
    const query = withFacet('card', 'a:b c', 'x', 'included');
    expect(query).toBe('card tags[a:b c]:x');
    expect(facetState(query, 'a:b c', 'x')).toBe('included');
  });

  it('quotes what needs it, and knows it again', () => {
    const query = withFacet('', 'user', 'a "b" c', 'excluded');
    expect(query).toBe('!user:"a \\"b\\" c"');
    expect(facetState(query, 'user', 'a "b" c')).toBe('excluded');
  });
});

describe('examples', () => {
  it('come from what is there', () => {
    const facets = [
      { key: 'level', topValues: [{ name: 'error', value: 'error', count: 3 }] },
      { key: 'browser.name', topValues: [{ name: 'Firefox', value: 'Firefox', count: 2 }] },
    ];
    expect(examples([event], facets).map(({ query }) => query)).toEqual([
      'PaymentDeclined',
      '"card was"',
      'release:shop@1.0',
      'browser.name:Firefox',
      'level:error',
    ]);
  });

  it('are few, and never about nothing', () => {
    expect(examples([], []).map(({ query }) => query)).toEqual(['has:user', 'level:error']);
    expect(examples([event, event], []).length).toBeLessThanOrEqual(EXAMPLES_MAX);
  });
});
