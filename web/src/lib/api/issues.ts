import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { Activity, Issue, IssueSort, IssueStatus, TagShare } from './types';

export interface IssueFilter {
  query: string;
  /** A slug; empty means every project. */
  project: string;
  sort: IssueSort;
  statsPeriod: '24h' | '14d';
  cursor: string;
}

export interface IssuePage {
  issues: Issue[];
  links: PageLinks;
  /** How many match in all, where the server counted them. */
  hits: number | null;
}

export const ISSUES_PER_PAGE = 50;

export async function listIssues(org: string, filter: IssueFilter, signal?: AbortSignal): Promise<IssuePage> {
  const response = await request(apiPath`/organizations/${org}/issues/`, {
    query: { ...filter, limit: ISSUES_PER_PAGE },
    signal,
  });
  return readIssuePage(response);
}

export async function readIssuePage(response: Response): Promise<IssuePage> {
  const hits = response.headers.get('X-Hits');
  return {
    issues: (await response.json()) as Issue[],
    links: parseLinkHeader(response.headers.get('Link')),
    hits: hits === null ? null : Number(hits),
  };
}

export const getIssue = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<Issue>(apiPath`/organizations/${org}/issues/${id}/`, { signal });

export const setIssueStatus = (org: string, ids: string[], status: IssueStatus) =>
  requestJson<unknown>(apiPath`/organizations/${org}/issues/`, {
    method: 'PUT',
    query: { id: ids },
    body: { status },
  });

export const listIssueTags = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<TagShare[]>(apiPath`/organizations/${org}/issues/${id}/tags/`, { signal });

export const listActivities = async (org: string, id: string, signal?: AbortSignal) => {
  const path = apiPath`/organizations/${org}/issues/${id}/activities/`;
  return (await requestJson<{ activity: Activity[] }>(path, { signal })).activity;
};
