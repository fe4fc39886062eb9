import { describe, expect, it } from 'vitest';
import { askedOf, compareHref, problemOf, readCompare } from './compare-state';

const read = (text: string) => readCompare(new URLSearchParams(text));
const NOW = Date.parse('2026-11-27T12:00:00Z');

describe('the address', () => {
  it.each([
    '',
    'a=level%3Aerror',
    'a=level%3Aerror&aPeriod=24h&against=before&project=shop&environment=production',
    'a=x&against=other&b=y&bPeriod=7d',
    'a=x&aStart=2026-11-01T00%3A00%3A00Z&aEnd=2026-11-02T00%3A00%3A00Z',
  ])('says all of it: %s', (text) =>
    expect(compareHref(read(text))).toBe(text ? `/compare?${text}` : '/compare'),
  );

  it('means another side that it names, and no stretch that ends before it begins', () => {
    expect(read('a=x&b=y').against).toBe('other');
    expect(read('a=x&aStart=2026-11-02T00:00:00Z&aEnd=2026-11-01T00:00:00Z').aSpan).toEqual({
      period: '14d',
      start: '',
      end: '',
    });
  });
});

describe('what is asked', () => {
  it('of the rest is of the same time, with nothing as its query', () => {
    expect(askedOf(read('a=x&aPeriod=24h'), NOW)).toMatchObject({
      a: 'x',
      b: '',
      aStart: '2026-11-26T12:00:00.000Z',
      bStart: '2026-11-26T12:00:00.000Z',
      bEnd: '2026-11-27T12:00:00.000Z',
    });
  });

  it('of the time before is the same query, as long again', () => {
    expect(askedOf(read('a=x&aPeriod=24h&against=before'), NOW)).toMatchObject({
      b: 'x',
      bStart: '2026-11-25T12:00:00.000Z',
      bEnd: '2026-11-26T12:00:00.000Z',
    });
  });

  it('never is an empty query where all events are meant', () => {
    const { a, b } = askedOf(read('against=before'), NOW);
    expect([a, b].every(Boolean)).toBe(true);
  });
});

it('says what there is no sense in asking', () => {
  expect(
    ['', 'a=x', 'against=before', 'a=x&against=other&b=x', 'a=x&against=other&b=x&bPeriod=1h'].map(
      (text) => !problemOf(read(text)),
    ),
  ).toEqual([false, true, true, false, true]);
});
