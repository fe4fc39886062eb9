/** What people and the server decide about an issue, as `/api/0` says it. */
import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type {
  Activity,
  ChangeAnswer,
  Issue,
  IssueHash,
  IssueStatus,
  IssueUpdate,
  PriorityLevel,
  UnmergeAnswer,
} from './types';

type Asked = NonNullable<IssueUpdate['statusDetails']>;

/** How it is to be resolved, or what an archived issue is to wait for; windows and times in minutes. */
export type DetailsEdit = {
  [Key in keyof Asked]?: NonNullable<Asked[Key]>;
};

export type ArchiveKind = 'archived_forever' | 'archived_until_condition_met' | 'archived_until_escalating';

/** What is left out stays as it is. `assignedTo` is `user:3`, or empty for nobody. */
export interface IssueEdit {
  status?: IssueStatus;
  statusDetails?: DetailsEdit;
  substatus?: ArchiveKind;
  assignedTo?: string;
  priority?: PriorityLevel;
  isBookmarked?: boolean;
}

export const mergeIssues = (org: string, id: string[]) =>
  requestJson<ChangeAnswer>(apiPath`/organizations/${org}/issues/`, {
    method: 'PUT',
    query: { id },
    body: { merge: 1 },
  });

/** Groups of events that grouping holds for the same, each with the part of the issue that it is of. */
export const listHashes = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<IssueHash[]>(apiPath`/organizations/${org}/issues/${id}/hashes/`, { signal });

export const unmergeHashes = (org: string, id: string, hashes: string[]) =>
  requestJson<UnmergeAnswer>(apiPath`/organizations/${org}/issues/${id}/hashes/`, {
    method: 'PUT',
    query: { id: hashes },
  });

export interface ActivityPage {
  activities: Activity[];
  links: PageLinks;
}

/** The newest first. */
export async function listActivities(
  org: string,
  id: string,
  cursor = '',
  signal?: AbortSignal,
): Promise<ActivityPage> {
  const path = apiPath`/organizations/${org}/issues/${id}/activities/`;
  const response = await request(path, { query: { cursor }, signal });
  const { activity } = (await response.json()) as { activity: Activity[] };
  return { activities: activity, links: parseLinkHeader(response.headers.get('Link')) };
}

const comments = (org: string, id: string) => apiPath`/organizations/${org}/issues/${id}/comments/`;

/** `@` and a name without its blanks, or an address, name people. */
export const createComment = (org: string, id: string, text: string) =>
  requestJson<Activity>(comments(org, id), { method: 'POST', body: { text } });

export const updateComment = (org: string, id: string, comment: string, text: string) =>
  requestJson<Activity>(`${comments(org, id)}${encodeURIComponent(comment)}/`, {
    method: 'PUT',
    body: { text },
  });

export const deleteComment = (org: string, id: string, comment: string) =>
  requestJson<void>(`${comments(org, id)}${encodeURIComponent(comment)}/`, { method: 'DELETE' });

/** The issue as it is once the server has done what was asked. */
export function edited(issue: Issue, edit: IssueEdit, assignedTo: Issue['assignedTo'] | undefined): Issue {
  const { status, substatus = null, priority, isBookmarked } = edit;
  const { inCommit, ...details } = edit.statusDetails ?? {};
  const statusDetails = {
    ...details,
    ...(inCommit && {
      inCommit: { commit: inCommit.commit, repository: inCommit.repository ?? null, releases: [] },
    }),
  };
  return {
    ...issue,
    ...(status && { status, substatus, statusDetails, fixWatch: null, stillSeen: null }),
    ...(edit.assignedTo === undefined ? {} : { assignedTo: assignedTo ?? null }),
    ...(priority && { priority, priorityLockedAt: issue.priorityLockedAt ?? new Date().toISOString() }),
    ...(isBookmarked !== undefined && { isBookmarked }),
  };
}
