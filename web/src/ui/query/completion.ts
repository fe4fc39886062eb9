import type { Suggestion, Suggestions } from '$lib/api/types';

/** One way to go on from what has been typed. */
export interface Offer {
  kind: Suggestion['kind'] | 'recent';
  label: string;
  note: string;
  count: number | null;
  /** The whole query with the offer taken, and where the caret then stands, in UTF-16 units. */
  query: string;
  caret: number;
  /** It can be searched for at once; a key still wants its value. */
  whole: boolean;
}

export const OFFERS_MAX = 8;
/** Of which so many are searches made here before. */
const RECENT_OFFERS_MAX = 3;

/** The server counts characters, JavaScript UTF-16 units. */
export const charactersBefore = (text: string, units: number): number => [...text.slice(0, units)].length;
const unitsBefore = (text: string, characters: number): number =>
  [...text].slice(0, characters).join('').length;

export function offersOf(query: string, { from, to, items }: Suggestions): Offer[] {
  const [start, end] = [unitsBefore(query, from), unitsBefore(query, to)];
  return items.slice(0, OFFERS_MAX).map(({ kind, text, label, note, count }) => {
    const whole = kind === 'value' || kind === 'saved';
    const before = query.slice(0, start) + text;
    return { kind, label, note, count, query: before + query.slice(end), caret: before.length, whole };
  });
}

/** Earlier searches that begin like this one or hold its words; all of them where nothing is typed. */
export function recentOffers(recent: string[], typed: string): Offer[] {
  const words = typed.trim().toLowerCase();
  return recent
    .filter((query) => query !== typed.trim() && query.toLowerCase().includes(words))
    .slice(0, words ? RECENT_OFFERS_MAX : OFFERS_MAX)
    .map((query) => ({
      kind: 'recent',
      label: query,
      note: 'searched before',
      count: null,
      query,
      caret: query.length,
      whole: true,
    }));
}

/** What the server offers first; earlier searches have their places kept at the end. */
export function mergeOffers(server: Offer[], recent: Offer[]): Offer[] {
  const kept = server.slice(0, OFFERS_MAX - Math.min(recent.length, RECENT_OFFERS_MAX));
  return [...kept, ...recent].slice(0, OFFERS_MAX);
}
