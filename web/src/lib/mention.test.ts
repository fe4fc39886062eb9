import { expect, it } from 'vitest';
import type { Assignable } from './api/types';
import { insertMention, mentionAt, mentioned, peopleNamed } from './mention';

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

it('puts the whole name in, and says afterwards who was named', () => {
  const text = 'ask @lov today';
  const found = mentionAt(text, 8);
  const next = insertMention(text, found ?? { from: 0, typed: '' }, people[0] as Assignable);
  expect(next).toEqual({ text: 'ask @Ada Lovelace today', caret: 18 });
  expect(mentioned(`${next.text} and @grace@example.com`, people)).toEqual(['user:1', 'user:2']);
});
