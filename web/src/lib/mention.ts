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

type Named = Pick<Assignable, 'name' | 'email'>;

const joined = (name: string) => name.replace(/\s+/g, '');

/** What stands behind the `@`: the name without its blanks, or the address where others are called alike. */
export function mentionOf({ name, email }: Named, people: Named[]): string {
  const called = joined(name).toLowerCase();
  const alike = people.filter((other) => joined(other.name).toLowerCase() === called);
  return called && alike.length < 2 ? joined(name) : email;
}

/** Those whose name, a word of it, or address begins with what was typed. */
export function peopleNamed<One extends Named>(people: One[], typed: string): One[] {
  const wanted = typed.toLowerCase();
  const fits = ({ name, email }: One) =>
    [name, ...name.split(/\s+/), email].some((one) => one.toLowerCase().startsWith(wanted));
  return people.filter(fits).slice(0, OFFERS_MAX);
}

/** The text with `word` in place of what was typed, and where the caret goes on. */
export function insertMention(
  text: string,
  { from, typed }: Mentioning,
  word: string,
): { text: string; caret: number } {
  const before = `${text.slice(0, from)}@${word} `;
  return { text: before + text.slice(from + 1 + typed.length).replace(/^ /, ''), caret: before.length };
}
