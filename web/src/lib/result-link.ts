import type { FoundEvent } from './api/search';
import type { Issue, Match } from './api/types';
import { litOf, litParams } from './lit';
import { hasFreeText } from './query-chips';

/** Where results lead: the event with what was found lit, and the way back to the search. */
function address(path: string, matches: Match[], extra: [string, string][]): string {
  const text = new URLSearchParams([...litParams(litOf(matches)), ...extra]).toString();
  return text ? `${path}?${text}` : path;
}

/** `from` is the search page's own parameters, or the path of the issues list with its own. */
export const eventHref = (event: FoundEvent, from: string): string =>
  address(
    `/issues/${encodeURIComponent(String(event['issue.id']))}/events/${encodeURIComponent(event.id)}`,
    event.matches,
    from ? [['from', from]] : [],
  );

/** `matching` is replaced by the id of the newest event that the query finds, once the page has asked for it. */
export function issueHref(issue: Pick<Issue, 'shortId' | 'matches'>, query: string, from: string): string {
  const path = `/issues/${encodeURIComponent(issue.shortId)}`;
  const back: [string, string][] = from ? [['from', from]] : [];
  return query
    ? address(`${path}/events/matching`, issue.matches ?? [], [['query', query], ...back])
    : address(path, [], back);
}

/** An issue that was found by words opens where they stand; any other as it is. */
export const rowHref = (issue: Pick<Issue, 'shortId' | 'matches'>, query: string, from: string): string =>
  issue.matches?.length && hasFreeText(query) ? issueHref(issue, query, from) : issueHref(issue, '', '');

/** Where somebody came from, as `from` of the address says it; nothing but a search of this app is believed. */
export function backFrom(from: string | null): { href: string; name: 'Search' | 'Issues' } | null {
  if (from?.startsWith('?')) return { href: `/search${from}`, name: 'Search' };
  return from && /^\/issues(\?|$)/.test(from) ? { href: from, name: 'Issues' } : null;
}
