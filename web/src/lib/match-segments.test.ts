import { expect, it } from 'vitest';
import { segments } from './match-segments';

it.each<[[number, number][], string]>([
  [[[2, 4]], 'ab[cd]ef'],
  [
    [
      [4, 6],
      [0, 1],
    ],
    '[a]bcd[ef]',
  ],
  [
    [
      [0, 3],
      [2, 5],
    ],
    '[abc][de]f',
  ],
  [
    [
      [4, 99],
      [-3, 1],
    ],
    '[a]bcd[ef]',
  ],
  [
    [
      [3, 3],
      [5, 2],
    ],
    'abcdef',
  ],
  [[[NaN, 2]], 'abcdef'],
])('%o', (ranges, expected) => {
  const shown = segments('abcdef', ranges).map(({ text, lit }) => (lit ? `[${text}]` : text));
  expect(shown.join('')).toBe(expected);
});
