import type { SpanFilter } from '$lib/api/spans';
import { type Period, PERIOD_DEFAULT, readPeriod } from '$lib/periods';
import { parseQuery } from '$lib/query-chips';

export const SORTS = [
  { value: '-timestamp', label: 'Newest' },
  { value: '-duration', label: 'Longest' },
] as const;

export type SpanSort = (typeof SORTS)[number]['value'];

/** All that the page shows is decided by its address. */
export interface SpanSearch {
  query: string;
  project: string;
  environment: string;
  period: Period;
  sort: SpanSort;
  cursor: string;
}

export const readSpanSearch = (query: URLSearchParams): SpanSearch => ({
  query: query.get('query')?.trim() ?? '',
  project: query.get('project') ?? '',
  environment: query.get('environment') ?? '',
  period: readPeriod(query),
  sort: query.get('sort') === '-duration' ? '-duration' : '-timestamp',
  cursor: query.get('cursor') ?? '',
});

/** What has to change in the address; another search starts at its first page. */
export const searchParams = ({ query, project, environment, period, sort }: Partial<SpanSearch>) => ({
  cursor: null,
  ...(query !== undefined && { query: query || null }),
  ...(project !== undefined && { project: project || null }),
  ...(environment !== undefined && { environment: environment || null }),
  ...(period !== undefined && { period: period === PERIOD_DEFAULT ? null : period }),
  ...(sort !== undefined && { sort: sort === '-timestamp' ? null : sort }),
});

export const filterOf = ({ period, ...search }: SpanSearch): SpanFilter => ({
  ...search,
  statsPeriod: period,
});

/** Filters that are asked for most, each a click away. */
export const QUICK_FILTERS = [
  { filter: 'status:error', label: 'Failed' },
  { filter: 'duration:>500ms', label: 'Slower than 500 ms' },
  { filter: 'is:segment', label: 'Transactions only' },
  { filter: 'op:db*', label: 'Database' },
  { filter: 'op:http.client', label: 'Calls to others' },
];

export const hasFilter = (query: string, filter: string): boolean =>
  parseQuery(query).some(({ raw }) => raw === filter);

/** The query with a filter put at its end, or taken out. Another value of its key makes way: both would find nothing. */
export function toggleFilter(query: string, filter: string): string {
  const tokens = parseQuery(query);
  const [wanted] = parseQuery(filter);
  const others = tokens.filter(({ key, negated }) => key === undefined || key !== wanted?.key || negated);
  const kept = others.map(({ raw }) => raw);
  return (hasFilter(query, filter) ? kept : [...kept, filter]).join(' ');
}
