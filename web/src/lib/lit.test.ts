import { describe, expect, it } from 'vitest';
import type { Match } from './api/types';
import { holdsWord, LIT_WORDS_MAX, litOf, litParams, readLit } from './lit';
import { findWords } from './match-ranges';

const match = (where: string, snippet: string, ...highlights: [number, number][]): Match => ({
  where,
  snippet,
  highlights,
});

describe('what a search found', () => {
  it.each<[string, Match[], Partial<ReturnType<typeof litOf>>]>([
    ['nothing', [], { words: [], tags: [], at: '' }],
    [
      'words, one spelling of each, and the first place',
      [
        match('frame 3 of `Boom`', 'charge card CHARGE', [0, 6], [12, 18]),
        match('breadcrumb http', 'card', [0, 4]),
      ],
      { words: ['charge', 'card'], tags: [], at: 'frame 3 of `Boom`' },
    ],
    ['a tag that matched whole', [match('tag browser', 'Chrome', [0, 6])], { words: [], tags: ['browser'] }],
    ['a key as its tag', [match('level', 'error', [0, 5])], { words: [], tags: ['level'], at: 'tag level' }],
    [
      'first the place of words',
      [match('level', 'error', [0, 5]), match('message', 'card gone', [0, 4])],
      { words: ['card'], tags: ['level'], at: 'message' },
    ],
    ['a word within a tag', [match('tag browser', 'Chrome 141', [0, 6])], { words: ['Chrome'], tags: [] }],
    ['a message that matched whole', [match('message', 'boom', [0, 4])], { words: ['boom'], tags: [] }],
  ])('gives %s', (_what, matches, expected) => {
    expect(litOf(matches)).toMatchObject(expected);
  });

  it('goes through the address and back', () => {
    const lit = litOf([match('breadcrumb http', 'a & b=c', [0, 1], [4, 7]), match('tag os', 'x', [0, 1])]);
    expect(readLit(new URLSearchParams(litParams(lit)))).toEqual(lit);
  });

  it('is bounded, whatever the address says', () => {
    const many = Array.from({ length: 100 }, (_, index): [string, string] => ['find', `word${index}`]);
    expect(readLit(new URLSearchParams([...many, ['find', 'x'.repeat(9_000)]])).words).toHaveLength(
      LIT_WORDS_MAX,
    );
  });
});

it.each<[unknown, boolean]>([
  ['Some TOKEN here', true],
  [{ a: [{ b: 'token' }] }, true],
  [{ token: 'key only' }, false],
  [null, false],
  [17, false],
])('looks for a word in %j', (value, expected) => expect(holdsWord(['token'], value)).toBe(expected));

it.each<[string, string[], [number, number][]]>([
  [
    'Token, token',
    ['token'],
    [
      [0, 5],
      [7, 12],
    ],
  ],
  [
    'aaaa',
    ['aa'],
    [
      [0, 2],
      [2, 4],
    ],
  ],
  ['abc', [''], []],
  ['İstanbul Token', ['Token'], [[9, 14]]],
])('finds in %j the words %j', (text, words, expected) => expect(findWords(text, words)).toEqual(expected));
