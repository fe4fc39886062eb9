import { apiPath, request, requestJson, withQuery } from './http';
import type { Attachment, IssueEvent } from './types';

/** `event` is an event id, or `latest`, `oldest`, `recommended`. */
export const getIssueEvent = (org: string, issue: string, event: string, signal?: AbortSignal) =>
  requestJson<IssueEvent>(apiPath`/organizations/${org}/issues/${issue}/events/${event}/`, { signal });

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
