import { expect, it } from 'vitest';
import type { Match } from './api/types';
import { titleMatch } from './title-match';

const match = (where: string, snippet: string, ...highlights: [number, number][]): Match => ({
  where,
  snippet,
  highlights,
});
const lit = (pieces: { text: string; lit: boolean }[]) =>
  pieces.filter((one) => one.lit).map(({ text }) => text);

it.each([
  [
    'Payment',
    'declined',
    [match('exception', 'Payment: declined', [0, 3], [9, 17])],
    ['Pay'],
    ['declined'],
    0,
  ],
  ['Payment', 'declined', [match('exception', 'Payment: declined', [4, 12])], ['ent'], ['dec'], 0],
  ['No such shop', '', [match('message', 'No such shop', [8, 12])], ['shop'], [], 0],
  ['Payment', 'declined', [match('exception', 'Cause: declined', [7, 15])], [], [], 1],
  ['Payment', 'declined', [match('tag note', 'Payment: declined', [0, 7])], [], [], 1],
  ['Payment', 'declined', [], [], [], 0],
] as const)('%s, %s: case %#', (type, value, matches, inType, inValue, left) => {
  const found = titleMatch({ type, value }, [...matches]);
  expect([lit(found.type), lit(found.value)]).toEqual([inType, inValue]);
  expect(found.rest).toHaveLength(left);
  expect(found.type.map(({ text }) => text).join('')).toBe(type);
  expect(found.value.map(({ text }) => text).join('')).toBe(value);
});
