import type { Issue } from '$lib/api/types';
import { formatFilter } from '$lib/query-chips';

type Named = Pick<Issue, 'shortId' | 'project'>;

export const issuePath = ({ shortId }: Pick<Issue, 'shortId'>): string =>
  `/issues/${encodeURIComponent(shortId)}`;

/** Its events that a query finds. */
export const eventsOf = (issue: Pick<Issue, 'shortId'>, query: string): string =>
  `${issuePath(issue)}/events?query=${encodeURIComponent(query)}`;

/** The page where it is held against whatever somebody chooses, first against the rest of its project. */
export const compareIssue = ({ shortId, project }: Named): string =>
  `/compare?${new URLSearchParams({ a: formatFilter('issue', shortId), project: project.slug }).toString()}`;
