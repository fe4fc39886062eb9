import { expect, it } from 'vitest';
import { crashFreeTone, formatInterval, formatPercent } from './health-text';

it.each([
  [100, '100 %'],
  [99.999, '99.99 %'],
  [99.87, '99.87 %'],
  [97.14, '97.1 %'],
  [4.256, '4.25 %'],
  [0, '0 %'],
])('%d is %s', (percent, text) => expect(formatPercent(percent)).toBe(text));

it('shows how sure a rate is only where it is not', () => {
  expect(formatInterval([92.3, 99.2])).toBe('92–99');
  expect(formatInterval([64, 100])).toBe('64–100');
  expect(formatInterval([99.4, 99.9])).toBe('');
  expect(formatInterval(null)).toBe('');
});

it('warns where Sentry does', () => {
  expect([99.5, 99.4, 98, 97.9, null].map(crashFreeTone)).toEqual([
    'plain',
    'warn',
    'warn',
    'error',
    'plain',
  ]);
});
