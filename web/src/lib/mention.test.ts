import { expect, it } from 'vitest';
import type { Assignable } from './api/types';
import { insertMention, mentionAt, mentionOf, peopleNamed } from './mention';

const person = (id: string, name: string, email: string) => ({ id, name, email }) as Assignable;
const people = [
  person('1', 'Ada Lovelace', 'ada@example.com'),
  person('2', '', 'grace@example.com'),
  person('3', 'Alan Turing', 'turing@example.com'),
];

it.each([
  ['@', { from: 0, typed: '' }],
  ['see @ad', { from: 4, typed: 'ad' }],
  ['(@Ada Lo', { from: 1, typed: 'Ada Lo' }],
  ['mail ada@ex', null],
  ['@ada looked at it', null],
  ['nobody', null],
])('%s names %o', (text, found) => expect(mentionAt(text, text.length)).toEqual(found));

it('offers those whose name or address begins so', () => {
  const ids = (typed: string) => peopleNamed(people, typed).map(({ id }) => id);
  expect(ids('a')).toEqual(['1', '3']);
  expect(ids('LOVE')).toEqual(['1']);
  expect(ids('grace@')).toEqual(['2']);
  expect(ids('zed')).toEqual([]);
});

it('names people by one word, as the server reads it', () => {
  const words = people.map((one) => mentionOf(one, people));
  expect(words).toEqual(['AdaLovelace', 'grace@example.com', 'AlanTuring']);
  const namesake = person('4', 'Ada  lovelace', 'ada@example.org');
  expect(mentionOf(namesake, [...people, namesake])).toBe('ada@example.org');
});

it('puts the word in place of what was typed', () => {
  const text = 'ask @lov today';
  const found = mentionAt(text, 8);
  expect(insertMention(text, found ?? { from: 0, typed: '' }, 'AdaLovelace')).toEqual({
    text: 'ask @AdaLovelace today',
    caret: 17,
  });
});
