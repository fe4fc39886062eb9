import { expect, it } from 'vitest';
import type { VerdictCheck } from './api/types';
import { formatChance, formatMeasure, testText } from './verdict-text';

it.each([
  [0.1556, 'share', '15.6 %'],
  [0.99987, 'share', '99.98 %'],
  [1, 'share', '100 %'],
  [1.057, 'count', '1.1'],
  [3.24, 'per_hour', '3.2 an hour'],
  [1240.4, 'per_hour', '1,240 an hour'],
  [12, 'count', '12'],
  [450, 'milliseconds', '450 ms'],
] as const)('%d of %s is %s', (value, unit, text) => expect(formatMeasure(value, unit)).toBe(text));

it('says how likely it is chance', () => {
  expect([0.0001, 0.0412, 0.5].map(formatChance)).toEqual(['p < 0.001', 'p = 0.041', 'p = 0.50']);
});

it('names the test with its numbers', () => {
  const check: VerdictCheck = {
    name: 'crash_free_sessions',
    state: 'worse',
    unit: 'share',
    before: 0.998,
    after: 0.979,
    interval: [0.97, 0.985],
    p: 0.0004,
    test: 'two_proportions',
    sentence: '',
  };
  expect(testText(check)).toBe('test of two proportions, p < 0.001, 95 % between 97 % and 98.5 %');
  expect(testText({ ...check, test: null, p: null, interval: null })).toBe('');
});
