import { expect, it } from 'vitest';
import { markColumn } from './mark-column';

const tokens = [
  { text: 'throw', kind: 'keyword' },
  { text: ' new ', kind: '' },
  { text: 'Pay', kind: 'function' },
  { text: 'ment(`', kind: '' },
];

const here = (index: number) =>
  markColumn(tokens, index)
    .filter((piece) => piece.here)
    .map(({ text, kind }) => [text, kind]);

it.each([
  [0, [['throw', 'keyword']]],
  [6, [['new', '']]],
  // A name whose halves have colours of their own.
  [
    10,
    [
      ['Pay', 'function'],
      ['ment', ''],
    ],
  ],
  [17, [['(', '']]],
  [5, []],
  [-1, []],
  [99, []],
])('at %d is %j', (index, pieces) => expect(here(index)).toEqual(pieces));

it('loses no text', () => {
  for (let index = -2; index < 25; index += 1) {
    expect(
      markColumn(tokens, index)
        .map(({ text }) => text)
        .join(''),
    ).toBe('throw new Payment(`');
  }
});
