import { expect, it } from 'vitest';
import { linePath } from './line-path';

const box = { width: 40, height: 10, from: 98, to: 100 };

it('breaks the line where nothing is known', () => {
  expect(linePath([100, null, 98, 99], box)).toBe('M5.0 0.0h0.1M25.0 10.0h0.1L35.0 5.0');
});

it('keeps what lies outside at the edge', () => {
  expect(linePath([0], box)).toBe('M20.0 10.0h0.1');
  expect(linePath([300], box)).toBe('M20.0 0.0h0.1');
});
