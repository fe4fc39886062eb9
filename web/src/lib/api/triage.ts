/** What people and the server decide about an issue, as `/api/0` says it. */
import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { Activity, ChangeAnswer, Issue, IssueHash, IssueStatus, UnmergeAnswer } from './types';

export type PriorityLevel = 'high' | 'medium' | 'low';
export type ArchiveKind = 'archived_forever' | 'archived_until_condition_met' | 'archived_until_escalating';

/** How it was resolved, or what an archived issue waits for: in questions and in answers. */
export interface StatusDetails {
  /** A version, or `latest`. */
  inRelease?: string;
  inNextRelease?: boolean;
  /** Of the next release: the newest that was known then. */
  afterRelease?: string;
  inCommit?: { commit: string; repository: string | null };
  /** Minutes, as all windows. */
  ignoreDuration?: number;
  ignoreUntil?: string;
  ignoreCount?: number;
  ignoreWindow?: number;
  ignoreUserCount?: number;
  ignoreUserWindow?: number;
  /** Who resolved it. */
  actor?: { name: string; email: string } | null;
}

/** Events of releases older than the fix, since it was resolved: no reason to reopen it. */
export interface StillSeen {
  events: number;
  lastSeen: string;
  release: string | null;
}

export interface FixWatch {
  state: 'holding' | 'not_fixed' | 'no_traffic' | 'not_deployed';
  sentence: string;
  /** Events since, by release. */
  releases?: { version: string; events: number; hasFix?: boolean; lastSeen?: string }[];
}

/** What is left out stays as it is. `assignedTo` is `user:3`, or empty for nobody. */
export interface IssueEdit {
  status?: IssueStatus;
  statusDetails?: StatusDetails;
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

export interface CommentBody {
  text: string;
  /** `user:3` of each person that it names. */
  mentions?: string[];
}

const comments = (org: string, id: string) => apiPath`/organizations/${org}/issues/${id}/comments/`;

export const createComment = (org: string, id: string, body: CommentBody) =>
  requestJson<Activity>(comments(org, id), { method: 'POST', body });

export const updateComment = (org: string, id: string, comment: string, body: CommentBody) =>
  requestJson<Activity>(`${comments(org, id)}${encodeURIComponent(comment)}/`, { method: 'PUT', body });

export const deleteComment = (org: string, id: string, comment: string) =>
  requestJson<void>(`${comments(org, id)}${encodeURIComponent(comment)}/`, { method: 'DELETE' });

/** What an issue carries beside what is generated of it. */
export interface Triaged {
  statusDetails: StatusDetails;
  priority?: PriorityLevel;
  /** Since when a person's choice holds; else it follows what is seen. */
  priorityLockedAt?: string | null;
  stillSeen?: StillSeen | null;
  fixWatch?: FixWatch | null;
}

/** The issue as it is once the server has done what was asked. */
export function edited<One extends Issue>(
  issue: One,
  edit: IssueEdit,
  assignedTo: Issue['assignedTo'] | undefined,
): One {
  const { status, statusDetails = {}, substatus = null, priority, isBookmarked } = edit;
  return {
    ...issue,
    ...(status && { status, substatus, statusDetails }),
    ...(edit.assignedTo === undefined ? {} : { assignedTo: assignedTo ?? null }),
    ...(priority && { priority, priorityLockedAt: issue.priorityLockedAt ?? new Date().toISOString() }),
    ...(isBookmarked !== undefined && { isBookmarked }),
  };
}
