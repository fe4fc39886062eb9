import { describe, expect, it } from 'vitest';
import {
  explainTime,
  formatAge,
  formatAgo,
  formatBefore,
  formatClock,
  formatDuration,
  formatExact,
  formatStretch,
} from './time-format';

const NOW = Date.UTC(2026, 2, 3, 14, 5, 9);

describe('how long', () => {
  it.each([
    [0, '0 s'],
    [0.412, '412 ms'],
    [59.9, '59 s'],
    [60, '1 min'],
    [3_599, '59 min'],
    [3_600, '1 h'],
    [86_400, '1 d'],
    [13 * 86_400, '13 d'],
    [15 * 86_400, '2 wk'],
    [90 * 86_400, '3 mo'],
    [800 * 86_400, '2 y'],
  ])('%d s is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe('how long ago', () => {
  it.each([
    [2, 'now'],
    [-30, 'now'],
    [12 * 60, '12 min ago'],
    [-7_200, 'in 2 h'],
  ])('%d s before now is %s', (seconds, text) => expect(formatAgo(NOW - seconds * 1000, NOW)).toBe(text));

  it('is unknown for no time', () => expect(formatAgo(NaN, NOW)).toBe('unknown'));
  it('is an age without ago', () => expect(formatAge(NOW - 3_600_000, NOW)).toBe('1 h'));
});

describe('before the crash', () => {
  it.each([
    [0, '0'],
    [400, '−400 ms'],
    [900, '−900 ms'],
    [1_400, '−1.4 s'],
    [62_000, '−1 min'],
    [-5_000, '+5.0 s'],
  ])('%d ms is %s', (milliseconds, text) => expect(formatBefore(milliseconds)).toBe(text));
});

it('gives the exact time with its zone', () => {
  expect(formatExact(NOW, 'UTC')).toBe('3 Mar 2026, 14:05:09 UTC');
  expect(formatExact(NOW, 'Nowhere/AtAll')).toBe('3 Mar 2026, 14:05:09 UTC');
  expect(formatClock(NOW, 'UTC')).toBe('14:05:09');
  expect(explainTime(NOW, 'Asia/Tokyo')).toMatch(/23:05:09 (GMT\+9|JST), where it happened$/);
});

it.each([
  [NOW, undefined, '3 Mar, 14:05'],
  [NOW, NOW + 3_600_000, '3 Mar, 14:05–15:05'],
  [NaN, NOW, '–'],
])('a stretch of a chart from %d to %s', (from, to, text) =>
  expect(formatStretch(from, to, 'UTC')).toBe(text),
);
