import type { FoundEvent } from '$lib/api/search';
import type { Issue, Match } from '$lib/api/types';
import { litOf, litParams } from '$lib/lit';

/** Where results lead: the event with what was found lit, and the way back to this search. */
function address(path: string, matches: Match[], extra: [string, string][]): string {
  const text = new URLSearchParams([...litParams(litOf(matches)), ...extra]).toString();
  return text ? `${path}?${text}` : path;
}

export const eventHref = (event: FoundEvent, search: string): string =>
  address(
    `/issues/${encodeURIComponent(String(event['issue.id']))}/events/${encodeURIComponent(event.id)}`,
    event.matches,
    search ? [['from', search]] : [],
  );

/** `matching` is replaced by the id of the newest event that the query finds, once the page has asked for it. */
export function issueHref(issue: Issue, query: string, search: string): string {
  const path = `/issues/${encodeURIComponent(issue.shortId)}`;
  const back: [string, string][] = search ? [['from', search]] : [];
  return query
    ? address(`${path}/events/matching`, issue.matches ?? [], [['query', query], ...back])
    : address(path, [], back);
}
