import { apiPath, requestJson } from './http';

/** An event as far as somebody who waits for it cares. */
export interface Arrival {
  id: string;
  issue: string;
  title: string;
}

interface Found {
  data: { id: string; 'issue.id'?: number; title?: string; timestamp?: string }[];
}

/** One event to choose from. */
export interface RecentEvent {
  id: string;
  title: string;
  timestamp: string;
}

const RECENT_EVENTS = 25;

/** Newest first. */
export async function listRecentEvents(
  org: string,
  project: string,
  signal?: AbortSignal,
): Promise<RecentEvent[]> {
  const found = await requestJson<Found>(apiPath`/organizations/${org}/events/`, {
    signal,
    query: { project, field: ['id', 'title', 'timestamp'], per_page: RECENT_EVENTS },
  });
  return found.data.map(({ id, title, timestamp }) => ({
    id,
    title: title ?? '',
    timestamp: timestamp ?? '',
  }));
}

/** The newest event of a project that a query finds; what is found is searchable, too. */
export async function findNewest(
  org: string,
  project: string,
  query: string,
  signal?: AbortSignal,
): Promise<Arrival | null> {
  const found = await requestJson<Found>(apiPath`/organizations/${org}/events/`, {
    signal,
    query: { project, query, field: ['id', 'title', 'issue.id'], per_page: 1 },
  });
  const row = found.data[0];
  return row ? { id: row.id, issue: String(row['issue.id'] ?? ''), title: row.title ?? '' } : null;
}
