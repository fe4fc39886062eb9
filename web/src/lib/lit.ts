import type { Match } from './api/types';

/** What a search found, to be lit on the page of the event. Part of that page's address. */
export interface Lit {
  /** Lit wherever they stand. */
  words: string[];
  /** Tags that matched as a whole, by key. */
  tags: string[];
  /** The place to show first, as `Match.where` names it. */
  at: string;
}

export const LIT_WORDS_MAX = 12;
const LIT_WORD_CHARS_MAX = 160;
/** Values of any depth are looked through no deeper than this. */
const VALUE_DEPTH_MAX = 8;

/** Places whose text is prose, where a whole value that is lit says what to look for. Others are keys of a filter. */
const PROSE =
  /^(exception|message|transaction|culprit|frame|template|breadcrumb|request|user|server name|security report|context|extra)\b/;

export function litOf(matches: Match[]): Lit {
  const words: string[] = [];
  const tags: string[] = [];
  let at = '';
  for (const { where, snippet, highlights } of matches) {
    const whole = highlights.length === 1 && highlights[0]?.[0] === 0 && highlights[0][1] === snippet.length;
    if (whole && !PROSE.test(where)) tags.push(where.replace(/^tag /, ''));
    else {
      // Words are more telling than the filters beside them.
      at ||= where;
      words.push(...highlights.map(([from, to]) => snippet.slice(from, to).trim()));
    }
  }
  if (!at && tags[0]) at = `tag ${tags[0]}`;
  return bounded({ words, tags, at });
}

/** A place as it is read: the server marks names as code. */
export const placeName = (where: string): string => where.replaceAll('`', '');

export const readLit = (query: URLSearchParams): Lit =>
  bounded({ words: query.getAll('find'), tags: query.getAll('tag'), at: query.get('at') ?? '' });

export function litParams({ words, tags, at }: Lit): [string, string][] {
  const pairs: [string, string][] = words.map((word) => ['find', word]);
  pairs.push(...tags.map((tag): [string, string] => ['tag', tag]));
  if (at) pairs.push(['at', at]);
  return pairs;
}

/** One spelling of each, and no more than a page can bear. */
function bounded({ words, tags, at }: Lit): Lit {
  const distinct = new Map<string, string>();
  for (const word of words) {
    const key = word.toLowerCase();
    if (key && key.length <= LIT_WORD_CHARS_MAX && !distinct.has(key)) distinct.set(key, word);
  }
  return {
    words: [...distinct.values()].slice(0, LIT_WORDS_MAX),
    tags: [...new Set(tags.filter(Boolean))].slice(0, LIT_WORDS_MAX),
    at,
  };
}

/** Whether one of the words, given in lower case, stands in a value of any shape. */
export function holdsWord(words: string[], value: unknown, depth = VALUE_DEPTH_MAX): boolean {
  if (words.length === 0 || value === null || value === undefined) return false;
  if (typeof value === 'object') {
    return depth > 0 && Object.values(value).some((inner) => holdsWord(words, inner, depth - 1));
  }
  const text = String(value).toLowerCase();
  return words.some((word) => text.includes(word));
}
