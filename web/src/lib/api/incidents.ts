import type { Incident, IncidentChange, IncidentDetails, Moment } from './alert-types';
import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';

export interface IncidentFilter {
  status: 'unresolved' | 'open' | 'acknowledged' | 'resolved' | 'all';
  /** At least. */
  severity?: string;
  /** A slug; none for all. */
  project?: string;
  /** Of which issue, by id. */
  issue?: string;
  cursor?: string;
}

export interface IncidentPage {
  incidents: Incident[];
  links: PageLinks;
}

const INCIDENTS_PER_PAGE = 50;

export async function listIncidents(
  org: string,
  filter: IncidentFilter,
  signal?: AbortSignal,
): Promise<IncidentPage> {
  const query = { ...filter, limit: INCIDENTS_PER_PAGE };
  const response = await request(apiPath`/organizations/${org}/incidents/`, { query, signal });
  const links = parseLinkHeader(response.headers.get('Link'));
  return { incidents: (await response.json()) as Incident[], links };
}

export const getIncident = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<IncidentDetails>(apiPath`/organizations/${org}/incidents/${id}/`, { signal });

export const changeIncident = (org: string, id: string, body: IncidentChange) =>
  requestJson<IncidentDetails>(apiPath`/organizations/${org}/incidents/${id}/`, { method: 'PUT', body });

export const listMoments = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<Moment[]>(apiPath`/organizations/${org}/incidents/${id}/timeline/`, { signal });

export const addIncidentNote = (org: string, id: string, text: string) =>
  requestJson<unknown>(apiPath`/organizations/${org}/incidents/${id}/notes/`, {
    method: 'POST',
    body: { text },
  });

/** Where the post-mortem can be downloaded, as Markdown. */
export const postMortemHref = (org: string, id: string): string =>
  apiPath`/organizations/${org}/incidents/${id}/post-mortem/`;

export const getPostMortem = async (org: string, id: string): Promise<string> =>
  (await request(postMortemHref(org, id))).text();
