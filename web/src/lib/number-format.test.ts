import { expect, it } from 'vitest';
import { formatBytes, formatCount, formatShare, plural } from './number-format';

it.each([
  [0, '0'],
  [987, '987'],
  [1_284, '1,284'],
  [9_999, '9,999'],
  [12_412, '12.4k'],
  [1_000_000, '1m'],
  [3_100_000, '3.1m'],
  [NaN, '–'],
])('%d is %s', (count, text) => expect(formatCount(count)).toBe(text));

it.each([
  [71, 100, '71 %'],
  [100, 100, '100 %'],
  [999, 1000, '99 %'],
  [1, 1000, '< 1 %'],
  [0, 10, '0 %'],
  [0, 0, '–'],
])('%d of %d is %s', (part, whole, text) => expect(formatShare(part, whole)).toBe(text));

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [2_412_040, '2.4 MB'],
  [18_422, '18 KB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it('knows one from many', () => {
  expect([plural(1, 'event'), plural(0, 'event'), plural(12_412, 'event')]).toEqual([
    '1 event',
    '0 events',
    '12.4k events',
  ]);
});
