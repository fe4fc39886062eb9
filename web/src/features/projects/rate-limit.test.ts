import { expect, it } from 'vitest';
import { limitFields, limitText, NO_LIMIT, readLimit, windowOptions } from './rate-limit';

it('limits survive their fields', () => {
  for (const limit of [null, { count: 5, window: 60 }, { count: 1000, window: 7 }]) {
    expect(readLimit(limitFields(limit))).toEqual(limit ?? NO_LIMIT);
  }
  expect(readLimit({ count: '0', window: '60' })).toEqual(NO_LIMIT);
});

it('a window that the app does not offer keeps its place', () => {
  expect(windowOptions('7').at(-1)).toEqual({ value: '7', label: '7 seconds' });
  expect(windowOptions('3600').length).toBe(3);
  expect(limitText({ count: 1000, window: 3600 })).toBe('1,000 events an hour');
  expect(limitText(null)).toBe('no limit');
});
