import type { Issue } from './api/types';

/** What the others become part of: the one with most events, then the oldest. The server chooses alike. */
export function mergeParent<One extends Pick<Issue, 'count' | 'firstSeen'>>(issues: One[]): One | undefined {
  const [first] = [...issues].sort(
    (a, b) => Number(b.count) - Number(a.count) || Date.parse(a.firstSeen) - Date.parse(b.firstSeen),
  );
  return first;
}

/** Why these cannot become one; empty: they can. */
export function mergeProblem(issues: Pick<Issue, 'project'>[]): string {
  if (issues.length < 2) return 'Select at least two issues to merge them.';
  const projects = new Set(issues.map(({ project }) => project.slug));
  return projects.size > 1 ? 'Only issues of one project can be merged.' : '';
}
