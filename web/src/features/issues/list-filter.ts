import type { IssueFilter } from '$lib/api/issues';
import type { IssueSort } from '$lib/api/types';
import { filterValue, formatQuery, isCompound, parseQuery, withFilter } from '$lib/query-chips';

export const DEFAULT_QUERY = 'is:unresolved';

export const SORTS: { value: IssueSort; label: string }[] = [
  { value: 'date', label: 'Last seen' },
  { value: 'new', label: 'First seen' },
  { value: 'freq', label: 'Events' },
  { value: 'user', label: 'Users' },
];

export type View = 'unresolved' | 'resolved' | 'ignored' | 'all';

export const VIEWS: { value: View; label: string }[] = [
  { value: 'unresolved', label: 'Unresolved' },
  { value: 'resolved', label: 'Resolved' },
  { value: 'ignored', label: 'Ignored' },
  { value: 'all', label: 'All' },
];

/** What the URL asks for. No `query` at all means the unresolved ones; an empty one means all. */
export function readFilter(query: URLSearchParams): IssueFilter {
  const sort = query.get('sort') as IssueSort;
  return {
    query: query.get('query') ?? DEFAULT_QUERY,
    project: query.get('project') ?? '',
    sort: SORTS.some((one) => one.value === sort) ? sort : 'date',
    statsPeriod: query.get('statsPeriod') === '14d' ? '14d' : '24h',
    cursor: query.get('cursor') ?? '',
  };
}

export function viewOf(query: string): View {
  const status = filterValue(query, 'is');
  return VIEWS.find((view) => view.value === status)?.value ?? 'all';
}

/** The same search in another view. */
export const inView = (query: string, view: View): string =>
  withFilter(query, 'is', view === 'all' ? null : view);

/** The page's address for a query; the default one needs no parameter, "all" needs an explicit one. */
export function queryHref(search: URLSearchParams, query: string): string {
  const next = new URLSearchParams(search);
  for (const key of ['cursor', 'focus']) next.delete(key);
  if (query === DEFAULT_QUERY) next.delete('query');
  else next.set('query', query || ' ');
  const text = next.toString();
  return text ? `/issues?${text}` : '/issues';
}

/** The filters that can be taken away one by one, without the status where tabs show it already. */
export function chipsOf(query: string, withState = false) {
  const tokens = parseQuery(query);
  if (isCompound(tokens)) return [];
  return tokens.filter((token) => token.key !== undefined && (withState || token.key !== 'is'));
}

export const withoutToken = (query: string, raw: string): string =>
  formatQuery(parseQuery(query).filter((token) => token.raw !== raw));
