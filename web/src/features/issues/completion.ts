import { formatFilter } from '$lib/query-chips';

/** One way to go on from what has been typed. */
export interface Offer {
  label: string;
  note: string;
  /** The whole query with the offer taken. */
  query: string;
}

const KEYS: Record<string, string> = {
  is: 'status',
  level: 'fatal, error, warning, info',
  release: 'release of the event',
  environment: 'production, staging, …',
  project: 'slug',
  'error.type': 'exception type',
  'user.id': 'who hit it',
  'user.email': 'who hit it',
  transaction: 'route or task',
  message: 'words in the message',
};

const VALUES: Record<string, string[]> = {
  is: ['unresolved', 'resolved', 'ignored'],
  level: ['fatal', 'error', 'warning', 'info', 'debug'],
};

const OFFERS_MAX = 8;

/** Completes the last word: a key, or the value of a key from what is known. */
export function complete(query: string, known: Record<string, string[]>): Offer[] {
  const word = /\S*$/.exec(query)?.[0] ?? '';
  const before = query.slice(0, query.length - word.length);
  const colon = word.indexOf(':');
  if (colon < 0) {
    if (!word) return [];
    return Object.entries(KEYS)
      .filter(([key]) => key.startsWith(word.toLowerCase()))
      .slice(0, OFFERS_MAX)
      .map(([key, note]) => ({ label: `${key}:`, note, query: `${before}${key}:` }));
  }
  const not = word.startsWith('!') ? '!' : '';
  const key = word.slice(not.length, colon);
  const start = word.slice(colon + 1).toLowerCase();
  const values = [...new Set([...(VALUES[key] ?? []), ...(known[key] ?? [])])];
  return values
    .filter((value) => value.toLowerCase().startsWith(start) && value.toLowerCase() !== start)
    .slice(0, OFFERS_MAX)
    .map((value) => {
      const filter = not + formatFilter(key, value);
      return { label: filter, note: '', query: before + filter };
    });
}
