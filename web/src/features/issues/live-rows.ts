import type { IssueFilter } from '$lib/api/issues';
import { getIssue, listIssues } from '$lib/api/issues';
import type { Issue } from '$lib/api/types';

/** Rows that left the search are asked for one by one, up to this many at a time. */
const SINGLE_MAX = 10;

/**
 * The shown rows as they are now, none moved, added or removed. `changed` are the ids that the server has named: one
 * of them that the search does not find any more, because somebody resolved it, still shows its new state.
 */
export async function freshRows(
  org: string,
  filter: IssueFilter,
  shown: Issue[],
  changed: ReadonlySet<string>,
): Promise<Issue[]> {
  const page = await listIssues(org, filter);
  const fresh = new Map(page.issues.map((issue) => [issue.id, issue]));
  const left = shown.filter(({ id }) => changed.has(id) && !fresh.has(id)).slice(0, SINGLE_MAX);
  const singles = await Promise.all(left.map(({ id }) => getIssue(org, id).catch(() => undefined)));
  for (const [at, issue] of singles.entries()) {
    // A single issue comes with other series than those of a list.
    if (issue) fresh.set(issue.id, { ...issue, stats: left[at]?.stats ?? issue.stats });
  }
  return shown.map((issue) => {
    const now = fresh.get(issue.id);
    return now ? { ...now, matches: now.matches ?? issue.matches } : issue;
  });
}
