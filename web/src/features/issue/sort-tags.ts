import type { TagShare } from '$lib/api/types';

const EARLY = ['release', 'environment', 'level', 'browser', 'os', 'device', 'url', 'transaction', 'user'];
const MAIN_TAGS_MAX = 7;
const rank = (key: string) => (EARLY.indexOf(key) + EARLY.length + 1) % (EARLY.length + 1);

/** What stands beside an issue: as many as one looks through, without `os.name` where `os` says more. */
export function mainTags(tags: TagShare[]): TagShare[] {
  const keys = new Set(tags.map(({ key }) => key));
  return sortTags(tags)
    .filter(({ key }) => !key.endsWith('.name') || !keys.has(key.replace(/\.name$/, '')))
    .slice(0, MAIN_TAGS_MAX);
}

/** Those that people look for come first; a tag with one value in every event says little and comes last. */
export const sortTags = (tags: TagShare[]): TagShare[] =>
  [...tags].sort(
    (a, b) => Number(a.uniqueValues < 2) - Number(b.uniqueValues < 2) || rank(a.key) - rank(b.key),
  );
