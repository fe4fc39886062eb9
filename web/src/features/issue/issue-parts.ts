import type { Issue, IssueHash } from '$lib/api/types';

export interface Part {
  of: IssueHash['part'];
  /** What the issue was before anything was merged into it. */
  own: boolean;
  hashes: string[];
  /** The newest that is kept. */
  latest: IssueHash['latestEvent'];
}

/** The groups by what they were before merging: the issue's own first, then the largest. */
export function partsOf(issue: Pick<Issue, 'shortId'>, rows: IssueHash[]): Part[] {
  const parts = new Map<string, Part>();
  for (const { id, part: of, latestEvent } of rows) {
    const own = of.shortId === issue.shortId;
    const part = parts.get(of.id) ?? { of, own, hashes: [], latest: latestEvent };
    part.hashes.push(id);
    parts.set(of.id, part);
  }
  return [...parts.values()].sort(
    (a, b) => Number(b.own) - Number(a.own) || Number(b.of.count) - Number(a.of.count),
  );
}
