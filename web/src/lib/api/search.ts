import { apiPath, request, requestJson } from './http';
import { ISSUES_PER_PAGE, type IssuePage, readIssuePage } from './issues';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { EventsAnswer, EventsStats, Facet, Series, Suggestions } from './types';

/** What every question of the search page is about. */
export interface SearchScope {
  query: string;
  /** A slug; empty means every project. */
  project: string;
  /** Such as `14d`; empty where `start` and `end` say it, or for all that is kept. */
  statsPeriod: string;
  start: string;
  end: string;
}

/** What is asked for of each found event, and its shape: the server's description cannot know what is asked for. */
interface Asked {
  title: string;
  culprit: string;
  timestamp: string;
  level: string;
  project: string;
  release: string | null;
  environment: string | null;
  'issue.id': number;
  'user.display': string | null;
}

const FIELDS = [
  'title',
  'culprit',
  'timestamp',
  'level',
  'project',
  'release',
  'environment',
  'issue.id',
  'user.display',
] as const satisfies (keyof Asked)[];

export type FoundEvent = EventsAnswer['data'][number] & Asked;

export interface FoundEvents {
  events: FoundEvent[];
  links: PageLinks;
  total: number;
  totalExact: boolean;
}

export type EventSort = '-timestamp' | 'timestamp' | 'relevance';

export async function findEvents(
  org: string,
  scope: SearchScope,
  options: { sort: EventSort; cursor: string; perPage: number },
  signal?: AbortSignal,
): Promise<FoundEvents> {
  const { sort, cursor, perPage } = options;
  const response = await request(apiPath`/organizations/${org}/events/`, {
    query: { ...scope, field: FIELDS, sort, cursor, per_page: perPage },
    signal,
  });
  const answer = (await response.json()) as EventsAnswer;
  return {
    events: answer.data as FoundEvent[],
    links: parseLinkHeader(response.headers.get('Link')),
    total: answer.meta.total,
    totalExact: answer.meta.totalExact,
  };
}

/** Issues that a search finds, each with where its newest matching event matched. */
export async function findIssues(
  org: string,
  scope: SearchScope,
  options: { sort: string; cursor: string },
  signal?: AbortSignal,
): Promise<IssuePage> {
  // Without a query the server lists the unresolved ones alone.
  const query = { ...scope, ...options, query: scope.query || ' ', limit: ISSUES_PER_PAGE };
  return readIssuePage(await request(apiPath`/organizations/${org}/issues/`, { query, signal }));
}

export interface Histogram {
  series: Series;
  /** Seconds; the end is not part of it. */
  start: number;
  end: number;
}

export async function getHistogram(
  org: string,
  scope: SearchScope,
  interval: string,
  signal?: AbortSignal,
): Promise<Histogram> {
  const path = apiPath`/organizations/${org}/events-stats/`;
  const { data, start, end } = await requestJson<EventsStats>(path, {
    query: { ...scope, interval },
    signal,
  });
  const series: Series = data.map(([time, counts]) => [
    time,
    counts.reduce((sum, { count }) => sum + count, 0),
  ]);
  return { series, start, end };
}

export const listFacets = (org: string, scope: SearchScope, signal?: AbortSignal) =>
  requestJson<Facet[]>(apiPath`/organizations/${org}/events-facets/`, { query: { ...scope }, signal });

export const suggest = (
  org: string,
  asked: { query: string; position: number; project: string; scope: 'issues' | 'events' },
  signal?: AbortSignal,
) => requestJson<Suggestions>(apiPath`/organizations/${org}/search-suggestions/`, { query: asked, signal });

/** The newest event of an issue that a query finds. */
export async function findMatchingEvent(
  org: string,
  issue: string,
  query: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const path = apiPath`/organizations/${org}/issues/${issue}/events/`;
  const rows = await requestJson<{ eventID: string }[]>(path, { query: { query, limit: 1 }, signal });
  return rows[0]?.eventID;
}

/** The environments that events name, the most frequent first. */
export async function listEnvironments(
  org: string,
  project: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const query = 'environment:';
  const { items } = await suggest(org, { query, position: query.length, project, scope: 'events' }, signal);
  return items.filter(({ kind }) => kind === 'value').map(({ label }) => label);
}
