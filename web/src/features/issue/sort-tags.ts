import type { TagShare } from '$lib/api/types';

const EARLY = ['release', 'environment', 'level', 'browser', 'os', 'device', 'url', 'transaction', 'user'];
const rank = (key: string) => (EARLY.indexOf(key) + EARLY.length + 1) % (EARLY.length + 1);

/** Those that people look for come first; a tag with one value in every event says little and comes last. */
export const sortTags = (tags: TagShare[]): TagShare[] =>
  [...tags].sort(
    (a, b) => Number(a.uniqueValues < 2) - Number(b.uniqueValues < 2) || rank(a.key) - rank(b.key),
  );
