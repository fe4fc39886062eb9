import { apiPath, requestJson } from './http';
import type { Differs, Insight, LocalEvent, Reproduction, SideBySide, Timeline } from './insight-types';

/** `event` is an event id; empty asks for the recommended one. */
export const getInsight = (org: string, issue: string, event: string, signal?: AbortSignal) =>
  requestJson<Insight>(apiPath`/organizations/${org}/issues/${issue}/insight/`, { query: { event }, signal });

export const getReproduction = (org: string, issue: string, event: string, signal?: AbortSignal) =>
  requestJson<Reproduction>(apiPath`/organizations/${org}/issues/${issue}/events/${event}/reproduction/`, {
    signal,
  });

export const listLocalEvents = (org: string, issue: string, signal?: AbortSignal) =>
  requestJson<LocalEvent[]>(apiPath`/organizations/${org}/issues/${issue}/local-events/`, { signal });

/** An event of one project beside one that may be of another. */
export const compareEvents = (
  org: string,
  one: { project: string; event: string },
  other: { project: string; event: string },
  signal?: AbortSignal,
) =>
  requestJson<SideBySide>(
    apiPath`/projects/${org}/${one.project}/events/${one.event}/compare/${other.event}/`,
    {
      query: { project: other.project },
      signal,
    },
  );

export interface Comparison {
  /** A query. */
  a: string;
  /** Empty compares with everything that is not `a`. */
  b: string;
  aStart: string;
  aEnd: string;
  bStart: string;
  bEnd: string;
  /** A slug; empty means every project. */
  project: string;
  environment: string;
}

export const getComparison = (org: string, comparison: Comparison, signal?: AbortSignal) =>
  requestJson<Differs>(apiPath`/organizations/${org}/compare/`, { query: { ...comparison }, signal });

/** Without a period a day around the change. */
export const getTimeline = (org: string, issue: string, statsPeriod: string, signal?: AbortSignal) =>
  requestJson<Timeline>(apiPath`/organizations/${org}/issues/${issue}/timeline/`, {
    query: { statsPeriod },
    signal,
  });
