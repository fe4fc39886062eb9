/** Naming people in a text: `@` and the beginning of their name, then a choice. */
import type { Assignable } from './api/types';

const TYPED_MAX = 40;
const OFFERS_MAX = 6;

export interface Mentioning {
  /** Where the `@` stands. */
  from: number;
  typed: string;
}

/** What is being named at the caret, if somebody is. */
export function mentionAt(text: string, caret: number): Mentioning | null {
  const before = text.slice(Math.max(0, caret - TYPED_MAX), caret);
  const found = /(?:^|[\s(])@([\w.+@-]*(?: [\w.-]*)?)$/.exec(before);
  const typed = found?.[1];
  return typed === undefined ? null : { from: caret - typed.length - 1, typed };
}

const nameOf = ({ name, email }: Pick<Assignable, 'name' | 'email'>) => name || email;

/** Those whose name, a word of it, or address begins with what was typed. */
export function peopleNamed<One extends Pick<Assignable, 'name' | 'email'>>(
  people: One[],
  typed: string,
): One[] {
  const wanted = typed.toLowerCase();
  const fits = ({ name, email }: One) =>
    [name, ...name.split(/\s+/), email].some((one) => one.toLowerCase().startsWith(wanted));
  return people.filter(fits).slice(0, OFFERS_MAX);
}

/** The text with the whole name in place of what was typed, and where the caret goes on. */
export function insertMention(
  text: string,
  { from, typed }: Mentioning,
  person: Pick<Assignable, 'name' | 'email'>,
): { text: string; caret: number } {
  const before = `${text.slice(0, from)}@${nameOf(person)} `;
  return { text: before + text.slice(from + 1 + typed.length).replace(/^ /, ''), caret: before.length };
}

/** `user:3` of each person whose name or address stands behind an `@`. */
export const mentioned = (text: string, people: Assignable[]): string[] =>
  people
    .filter(({ name, email }) => [name, email].some((one) => one && text.includes(`@${one}`)))
    .map(({ id }) => `user:${id}`);
