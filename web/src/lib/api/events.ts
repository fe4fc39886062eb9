import { apiPath, request, requestJson, withQuery } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { Attachment, EventRow, IssueEvent, Reprocessed } from './types';

/** `event` is an event id, or `latest`, `oldest`, `recommended`. */
export const getIssueEvent = (org: string, issue: string, event: string, signal?: AbortSignal) =>
  requestJson<IssueEvent>(apiPath`/organizations/${org}/issues/${issue}/events/${event}/`, { signal });

export interface EventPage {
  events: EventRow[];
  links: PageLinks;
  hits: number | null;
}

export const EVENTS_PER_PAGE = 50;

export async function listIssueEvents(
  org: string,
  issue: string,
  query: { query: string; cursor: string },
  signal?: AbortSignal,
): Promise<EventPage> {
  const response = await request(apiPath`/organizations/${org}/issues/${issue}/events/`, {
    query: { ...query, limit: EVENTS_PER_PAGE },
    signal,
  });
  const hits = response.headers.get('X-Hits');
  return {
    events: (await response.json()) as EventRow[],
    links: parseLinkHeader(response.headers.get('Link')),
    hits: hits === null ? null : Number(hits),
  };
}

/** The last event before a moment, else the first there is. */
export async function findEventBefore(org: string, issue: string, moment: Date): Promise<string> {
  const before = await requestJson<EventRow[]>(apiPath`/organizations/${org}/issues/${issue}/events/`, {
    query: { end: moment.toISOString(), limit: 1 },
  });
  return before[0]?.eventID ?? 'oldest';
}

/** With the source maps of today, and the newest of its issue with it; how the issue is called follows. */
export const readEventAnew = (org: string, project: string, event: string) =>
  requestJson<Reprocessed>(apiPath`/projects/${org}/${project}/events/${event}/reprocess/`, {
    method: 'POST',
  });

export const getEvent = (org: string, project: string, event: string, signal?: AbortSignal) =>
  requestJson<IssueEvent>(apiPath`/projects/${org}/${project}/events/${event}/`, { signal });

export const listAttachments = (org: string, project: string, event: string, signal?: AbortSignal) =>
  requestJson<Attachment[]>(apiPath`/projects/${org}/${project}/events/${event}/attachments/`, { signal });

export const attachmentHref = (org: string, project: string, event: string, attachment: string) =>
  `${apiPath`/projects/${org}/${project}/events/${event}/attachments/${attachment}/`}?download`;

/** The event as the SDK sent it, before anything was normalised. */
export const rawEventHref = (org: string, project: string, event: string) =>
  withQuery(apiPath`/projects/${org}/${project}/events/${event}/`, { raw: 1 });

export const getRawEvent = async (href: string, signal?: AbortSignal) =>
  (await request(href, { signal })).text();
