import type { TraceError } from '$lib/api/trace-types';

/** The event on its issue's page. */
export const errorPath = ({ shortId, issueId, eventId }: TraceError): string =>
  `/issues/${encodeURIComponent(shortId || issueId)}/events/${encodeURIComponent(eventId)}`;
