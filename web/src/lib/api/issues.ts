import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { IssueEdit } from './triage';
import type {
  Assignable,
  ChangeAnswer,
  Issue,
  IssueSort,
  SimilarIssue,
  Suspects,
  TagShare,
  TagValue,
  UndoAnswer,
} from './types';

export interface IssueFilter {
  query: string;
  /** A slug; empty means every project. */
  project: string;
  sort: IssueSort;
  /** What the small charts show; it leaves no issue out. */
  trend: '24h' | '14d';
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
  const { query, trend, ...rest } = filter;
  const response = await request(
    `${apiPath`/organizations/${org}/issues/`}?query=${encodeURIComponent(query)}`,
    {
      query: { ...rest, groupStatsPeriod: trend, limit: ISSUES_PER_PAGE },
      signal,
    },
  );
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

/** Which issues: by id, or all that a search finds. */
export type IssueTarget = { id: string[] } | { query: string; project: string };

export const changeIssues = (org: string, target: IssueTarget, edit: IssueEdit) =>
  requestJson<ChangeAnswer>(
    // An empty query means all issues: it has to be there, where `withQuery` would leave it out.
    apiPath`/organizations/${org}/issues/` + ('query' in target && !target.query ? '?query=' : ''),
    { method: 'PUT', query: { ...target }, body: edit },
  );

export const undoChange = (org: string, undo: string) =>
  requestJson<UndoAnswer>(apiPath`/organizations/${org}/issues/undo/${undo}/`, { method: 'POST', body: {} });

export const listPeople = (org: string, signal?: AbortSignal) =>
  requestJson<Assignable[]>(apiPath`/organizations/${org}/users/`, { signal });

export const listIssueTags = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<TagShare[]>(apiPath`/organizations/${org}/issues/${id}/tags/`, { signal });

export const getIssueTag = (org: string, id: string, key: string, signal?: AbortSignal) =>
  requestJson<TagShare>(apiPath`/organizations/${org}/issues/${id}/tags/${key}/`, { signal });

/** At most a hundred, most frequent first. */
export const listTagValues = (org: string, id: string, key: string, signal?: AbortSignal) =>
  requestJson<TagValue[]>(apiPath`/organizations/${org}/issues/${id}/tags/${key}/values/`, { signal });

export const listSimilar = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<SimilarIssue[]>(apiPath`/organizations/${org}/issues/${id}/text-similar/`, { signal });

/** Who may have brought it. */
export const getSuspects = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<Suspects>(apiPath`/organizations/${org}/issues/${id}/suspects/`, { signal });
