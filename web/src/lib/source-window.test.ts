import { expect, it } from 'vitest';
import { LINE_CHARS_MAX, sourceWindow } from './source-window';

const minified = Array.from({ length: 5000 }, (_, index) => String(index % 10)).join('');

it('leaves a readable line alone', () => {
  expect(sourceWindow('const a = 1', 7)).toEqual({ text: 'const a = 1', at: 6 });
  expect(sourceWindow('const a = 1')).toEqual({ text: 'const a = 1', at: null });
  expect(sourceWindow('const a = 1', 99)).toEqual({ text: 'const a = 1', at: null });
});

it.each([
  [undefined, false, true],
  [1, false, true],
  [2500, true, true],
  [5000, true, false],
  [999_999, true, false],
])('shows the part of a minified line around column %s', (column, cutBefore, cutAfter) => {
  const { text, at } = sourceWindow(minified, column);
  expect([text.startsWith('…'), text.endsWith('…')]).toEqual([cutBefore, cutAfter]);
  expect(text.replaceAll('…', '').length).toBe(LINE_CHARS_MAX);
  const known = column !== undefined && column <= minified.length;
  expect(at === null ? null : text[at]).toBe(known ? minified[column - 1] : null);
});

it('knows the column in a line that the server cut', () => {
  const kept = `${'a'.repeat(60)}X${'b'.repeat(79)}`;
  const both = sourceWindow(`{snip} ${kept} {snip}`, 400);
  expect(both.text).toBe(`…${kept}…`);
  expect(both.text[both.at ?? -1]).toBe('X');
  expect(sourceWindow(`{snip} ${kept}`, 400)).toEqual({ text: `…${kept}`, at: null });
  expect(sourceWindow(`abc ${kept} {snip}`, 3).at).toBe(2);
});
