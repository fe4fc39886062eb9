/** How releases fare, as `/api/0` says it: rates in percent. */
import { formatFilter } from '../query-chips';
import { apiPath, requestJson } from './http';
import type { HealthData, SessionStats } from './types';

/** The sessions that began within an hour, or within a day. */
export interface HealthPoint {
  /** Seconds since 1970. */
  at: number;
  healthy: number;
  /** Whatever went wrong in them short of a crash. */
  errored: number;
  crashed: number;
}

export interface ReleaseHealth {
  series: HealthPoint[];
  /** What each point of them spans, in seconds. */
  span: number;
  /** Over the whole period; of other projects of the release too, by slug. */
  projects: { slug: string; healthData?: HealthData | null }[];
}

export interface HealthFilter {
  project: string;
  environment: string;
  statsPeriod: string;
  /** What each point spans: `1h`, `1d`. */
  interval: string;
}

const COUNT = 'sum(session)';
const HOUR_SECONDS = 3_600;

export async function getReleaseHealth(
  org: string,
  version: string,
  filter: HealthFilter,
  signal?: AbortSignal,
): Promise<ReleaseHealth> {
  const { environment, statsPeriod } = filter;
  const [stats, release] = await Promise.all([
    requestJson<SessionStats>(apiPath`/organizations/${org}/sessions/`, {
      query: { ...filter, field: COUNT, groupBy: 'session.status', query: formatFilter('release', version) },
      signal,
    }),
    requestJson<Pick<ReleaseHealth, 'projects'>>(apiPath`/organizations/${org}/releases/${version}/`, {
      query: { health: 1, summaryStatsPeriod: statsPeriod, environment },
      signal,
    }),
  ]);
  return { ...readSessionStats(stats), projects: release.projects };
}

/** Sentry's shape, where each way to end is a series of its own, as one series of points. */
export function readSessionStats({
  intervals,
  groups,
}: Pick<SessionStats, 'intervals' | 'groups'>): Pick<ReleaseHealth, 'series' | 'span'> {
  const times = intervals.map((time) => Date.parse(time) / 1000);
  const count = (status: string, at: number) => {
    const group = groups.find(({ by }) => by['session.status'] === status);
    const number = group?.series?.[COUNT]?.[at];
    return typeof number === 'number' ? number : 0;
  };
  const series = times.map((at, index) => ({
    at,
    healthy: count('healthy', index),
    errored: ['errored', 'abnormal', 'unhandled'].reduce((sum, status) => sum + count(status, index), 0),
    crashed: count('crashed', index),
  }));
  const [first, second] = times;
  return { series, span: first !== undefined && second !== undefined ? second - first : HOUR_SECONDS };
}
