import { expect, it } from 'vitest';
import { crashFreeTone, formatAdoption, formatInterval, formatPercent } from './health-text';

it.each([
  [100, '100 %'],
  [99.999, '99.99 %'],
  [99.87, '99.87 %'],
  [97.14, '97.1 %'],
  [4.256, '4.25 %'],
  [0, '0 %'],
])('%d is %s', (percent, text) => expect(formatPercent(percent)).toBe(text));

it('shows a share with as many digits as it takes', () => {
  expect([0, 0.42, 8.1, 62.4, 100].map(formatAdoption)).toEqual(['0 %', '0.4 %', '8.1 %', '62 %', '100 %']);
});

it('shows how sure a rate is only where it is not', () => {
  const wide = (low: number, high: number) => formatInterval({ low, high, isWide: true });
  expect(wide(92.3, 99.2)).toBe('92–99');
  expect(wide(64, 100)).toBe('64–100');
  expect(wide(98.24, 99.87)).toBe('98.2–99.9');
  expect(formatInterval({ low: 99.4, high: 99.9, isWide: false })).toBe('');
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
