import type { IssueHash } from '$lib/api/triage';
import type { Issue } from '$lib/api/types';

export interface Part {
  id: string;
  title: string;
  note: string;
  /** What the issue was before anything was merged into it. */
  own: boolean;
  events: number | null;
  hashes: IssueHash[];
}

/** The groups by what they were before merging: the issue's own first, then the largest. */
export function partsOf(issue: Pick<Issue, 'id' | 'shortId' | 'title'>, hashes: IssueHash[]): Part[] {
  const parts = new Map<string, Part>();
  for (const hash of hashes) {
    const of = hash.issue ?? { id: issue.id, shortId: issue.shortId, title: issue.title, events: null };
    const part = parts.get(of.id) ?? {
      id: of.id,
      title: of.title,
      note: of.shortId,
      own: of.id === issue.id || of.shortId === issue.shortId,
      events: of.events,
      hashes: [],
    };
    part.hashes.push(hash);
    parts.set(of.id, part);
  }
  return [...parts.values()].sort(
    (a, b) => Number(b.own) - Number(a.own) || (b.events ?? 0) - (a.events ?? 0),
  );
}
