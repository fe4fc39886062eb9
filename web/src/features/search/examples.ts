import type { FoundEvent } from '$lib/api/search';
import type { Facet } from '$lib/api/types';
import { formatFilter } from '$lib/query-chips';

export interface Example {
  query: string;
  /** What it teaches. */
  teaches: string;
}

export const EXAMPLES_MAX = 5;
/** Keys whose values nobody would search for by hand, or that an example of their own shows. */
const DULL = new Set([
  'level',
  'release',
  'environment',
  'project',
  'issue',
  'trace',
  'handled',
  'mechanism',
]);

/** Searches that find something here, each for one part of the language. */
export function examples(events: FoundEvent[], facets: Facet[]): Example[] {
  const titles = events.map(({ title }) => title).filter(Boolean);
  const words = titles.flatMap((title) => title.match(/[\p{L}\p{N}_]{5,40}/gu) ?? []);
  const phrase = titles.flatMap((title) => title.match(/\p{L}{2,} \p{L}{2,}/gu) ?? [])[0];
  const top = (key: string) =>
    facets.find((facet) => facet.key === key)?.topValues.filter(({ value }) => value) ?? [];
  const other = facets.find(({ key, topValues }) => !DULL.has(key) && topValues.some(({ value }) => value));
  const [level, environment] = [top('level')[0]?.value, top('environment')[0]?.value];
  const release = top('release')[0]?.value ?? events.find((event) => event.release)?.release;
  const found: (Example | null)[] = [
    words[0] ? { query: words[0], teaches: 'a word, wherever it stands' } : null,
    phrase ? { query: `"${phrase}"`, teaches: 'words side by side' } : null,
    release ? { query: formatFilter('release', release), teaches: 'a key and its value' } : null,
    other?.topValues[0]
      ? { query: formatFilter(other.key, other.topValues[0].value), teaches: 'any tag is a key' }
      : null,
    environment
      ? { query: `!${formatFilter('environment', environment)}`, teaches: '! leaves out' }
      : level
        ? { query: formatFilter('level', level), teaches: 'how bad it was' }
        : null,
    { query: 'has:user', teaches: 'whatever its value' },
    { query: 'level:error', teaches: 'a key and its value' },
  ];
  const byQuery = new Map(found.filter((one) => one !== null).map((one) => [one.query, one]));
  return [...byQuery.values()].slice(0, EXAMPLES_MAX);
}
