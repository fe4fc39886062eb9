import type { IssueFilter } from '$lib/api/issues';
import type { IssueSort, IssueStatus, SavedSearch } from '$lib/api/types';
import { filterValue, formatQuery, isCompound, parseQuery } from '$lib/query-chips';

export const DEFAULT_QUERY = 'is:unresolved';

export const SORTS: { value: IssueSort; label: string }[] = [
  { value: 'date', label: 'Last seen' },
  { value: 'urgency', label: 'Most urgent' },
  { value: 'new', label: 'First seen' },
  { value: 'freq', label: 'Events' },
  { value: 'user', label: 'Users' },
];

/** The lists that everybody has. Each is a search; other words of a search stay when one goes from view to view. */
export const VIEWS = [
  { value: 'unresolved', label: 'Unresolved', query: 'is:unresolved' },
  { value: 'mine', label: 'For me', query: 'is:unresolved assigned:me' },
  { value: 'regressed', label: 'Regressed', query: 'is:regressed' },
  { value: 'escalating', label: 'Escalating', query: 'is:escalating' },
  { value: 'high', label: 'High priority', query: 'is:unresolved priority:high' },
  { value: 'new', label: 'New in last release', query: 'is:unresolved firstRelease:latest' },
  { value: 'bookmarks', label: 'Bookmarks', query: 'bookmarks:me' },
  { value: 'ignored', label: 'Archived', query: 'is:ignored' },
  { value: 'resolved', label: 'Resolved', query: 'is:resolved' },
  { value: 'all', label: 'All', query: '' },
] as const;

export type View = (typeof VIEWS)[number]['value'];

/** What the views are made of: going to one takes the others' away. */
const VIEW_KEYS = new Set(['is', 'assigned', 'firstRelease', 'priority', 'bookmarks']);

/** What the URL asks for. No `query` at all means the unresolved ones; an empty one means all. */
export function readFilter(query: URLSearchParams): IssueFilter {
  const sort = query.get('sort') as IssueSort;
  return {
    query: query.get('query') ?? DEFAULT_QUERY,
    project: query.get('project') ?? '',
    sort: SORTS.some((one) => one.value === sort) ? sort : 'date',
    trend: query.get('trend') === '14d' ? '14d' : '24h',
    cursor: query.get('cursor') ?? '',
  };
}

const isOfView = (token: { key?: string }) => VIEW_KEYS.has(token.key ?? '');

/** Whether the first bracket of a text closes with its last. */
function isGroup(text: string): boolean {
  let depth = 0;
  for (const [at, letter] of [...text].entries()) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth === 0) return text.startsWith('(') && at === [...text].length - 1;
  }
  return false;
}

/** The filters of a view, and the words beside them; nothing of a view where they cannot be told apart. */
function split(query: string): { view: string[]; words: string } | null {
  const tokens = parseQuery(query);
  if (!isCompound(tokens)) {
    const view = tokens.filter(isOfView).map(({ raw }) => raw);
    return { view, words: formatQuery(tokens.filter((token) => !isOfView(token))) };
  }
  const first = tokens.findIndex((token) => !isOfView(token));
  const words = formatQuery(tokens.slice(first));
  return isGroup(words) ? { view: tokens.slice(0, first).map(({ raw }) => raw), words } : null;
}

/** The view whose filters are exactly the query's, if there is one. */
export function viewOf(query: string): View | undefined {
  const own = split(query)?.view.sort().join(' ');
  return VIEWS.find((view) => view.query.split(' ').sort().join(' ') === own)?.value;
}

export const viewQuery = (view: View): string => VIEWS.find(({ value }) => value === view)?.query ?? '';

/** The same search in another view. */
export function inView(query: string, view: View): string {
  const words = split(query)?.words ?? `(${query.trim()})`;
  return [viewQuery(view), words].filter(Boolean).join(' ');
}

const STATUS_OF: Record<string, IssueStatus> = {
  unresolved: 'unresolved',
  regressed: 'unresolved',
  new: 'unresolved',
  ongoing: 'unresolved',
  escalating: 'unresolved',
  resolved: 'resolved',
  ignored: 'ignored',
  archived: 'ignored',
};

/** Whether an issue stays in the list once it has this status. */
export function keepsStatus(query: string, status: IssueStatus): boolean {
  const asked = STATUS_OF[filterValue(query, 'is') ?? ''];
  return asked === undefined || asked === status;
}

/** The page's address for a query; the default one needs no parameter, "all" needs an explicit one. */
export function queryHref(search: URLSearchParams, query: string): string {
  const next = new URLSearchParams(search);
  for (const key of ['cursor', 'focus', 'saved']) next.delete(key);
  if (query === DEFAULT_QUERY) next.delete('query');
  else next.set('query', query || ' ');
  const text = next.toString();
  return text ? `/issues?${text}` : '/issues';
}

/** The address of a saved search: its words and its order, whatever is shown now. */
export function savedHref(search: URLSearchParams, { query, sort }: SavedSearch): string {
  const next = new URLSearchParams(search);
  if (sort && sort !== 'date') next.set('sort', sort);
  else next.delete('sort');
  return queryHref(next, query);
}

/** The saved search that is shown now, if it is one. */
export const savedOf = (filter: IssueFilter, saved: SavedSearch[]): SavedSearch | undefined =>
  saved.find(({ query, sort }) => query === filter.query.trim() && (sort || 'date') === filter.sort);

/** The filters that can be taken away one by one, without the status where tabs show it already. */
export function chipsOf(query: string, withState = false) {
  const tokens = parseQuery(query);
  if (isCompound(tokens)) return [];
  return tokens.filter((token) => token.key !== undefined && (withState || token.key !== 'is'));
}

export const withoutToken = (query: string, raw: string): string =>
  formatQuery(parseQuery(query).filter((token) => token.raw !== raw));
