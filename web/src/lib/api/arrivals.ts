import { apiPath, requestJson } from './http';

/** An event as far as somebody who waits for it cares. */
export interface Arrival {
  id: string;
  issue: string;
  title: string;
}

interface Found {
  data: { id: string; 'issue.id'?: number; title?: string }[];
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
