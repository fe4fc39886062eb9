import { expect, it } from 'vitest';
import { LINE_CHARS_MAX, sourceWindow } from './source-window';

const minified = Array.from({ length: 5000 }, (_, index) => String(index % 10)).join('');

it('leaves a readable line alone', () => {
  expect(sourceWindow('const a = 1', 3)).toEqual({ text: 'const a = 1', cutBefore: false, cutAfter: false });
});

it.each([
  [undefined, false, true],
  [1, false, true],
  [2500, true, true],
  [5000, true, false],
  [999_999, true, false],
])('shows the part of a minified line around column %s', (column, cutBefore, cutAfter) => {
  const shown = sourceWindow(minified, column);
  expect(shown.text.length).toBe(LINE_CHARS_MAX);
  expect([shown.cutBefore, shown.cutAfter]).toEqual([cutBefore, cutAfter]);
});
