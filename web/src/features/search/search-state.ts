import type { SearchScope } from '$lib/api/search';

export type SearchBy = 'events' | 'issues';

/** All that the search page shows is decided by its address. */
export interface SearchState {
  query: string;
  by: SearchBy;
  sort: string;
  /** Such as `24h`; empty for any time, or where `start` and `end` say it. */
  period: string;
  start: string;
  end: string;
  project: string;
  cursor: string;
}

export const SORTS: Record<SearchBy, { value: string; label: string }[]> = {
  events: [
    { value: '-timestamp', label: 'Newest' },
    { value: 'relevance', label: 'Most relevant' },
    { value: 'timestamp', label: 'Oldest' },
  ],
  issues: [
    { value: 'date', label: 'Newest' },
    { value: 'relevance', label: 'Most relevant' },
    { value: 'freq', label: 'Most frequent' },
    { value: 'user', label: 'Most users' },
    { value: 'new', label: 'First seen' },
  ],
};

export const PERIODS = [
  { value: '', label: 'Any time' },
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '14d', label: 'Last 14 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: '90d', label: 'Last 90 days' },
];

const DEFAULT_BY: SearchBy = 'events';
const sortOf = (by: SearchBy, sort: string | null): string =>
  (SORTS[by].find(({ value }) => value === sort) ?? SORTS[by][0])?.value ?? '';
const moment = (text: string | null): string => (text && !Number.isNaN(Date.parse(text)) ? text : '');

export function readSearch(query: URLSearchParams): SearchState {
  const by = query.get('by') === 'issues' ? 'issues' : DEFAULT_BY;
  const [start, end] = [moment(query.get('start')), moment(query.get('end'))];
  const period = PERIODS.find(({ value }) => value === query.get('period'))?.value ?? '';
  return {
    query: query.get('query')?.trim() ?? '',
    by,
    sort: sortOf(by, query.get('sort')),
    period: start && end ? '' : period,
    start: start && end ? start : '',
    end: start && end ? end : '',
    project: query.get('project') ?? '',
    cursor: query.get('cursor') ?? '',
  };
}

/** The address of a search. What is at its default is left out; another question starts at the first page. */
export function searchHref(state: SearchState, changes: Partial<SearchState> = {}): string {
  const next: SearchState = { ...state, cursor: '', ...changes };
  const parts: [string, string][] = [
    ['query', next.query],
    ['by', next.by === DEFAULT_BY ? '' : next.by],
    ['sort', sortOf(next.by, next.sort) === SORTS[next.by][0]?.value ? '' : next.sort],
    ['period', next.period],
    ['start', next.start],
    ['end', next.end],
    ['project', next.project],
    ['cursor', next.cursor],
  ];
  const text = new URLSearchParams(parts.filter(([, value]) => value !== '')).toString();
  return text ? `/search?${text}` : '/search';
}

/** What "any time" means of a chart, which has to begin somewhere: as long as events are kept by default. */
const CHART_PERIOD_MAX = '90d';

/** The stretch that the chart shows. */
export const chartPeriod = (state: SearchState): string =>
  state.start ? '' : state.period || CHART_PERIOD_MAX;

export const scopeOf = (state: SearchState): SearchScope => ({
  query: state.query,
  project: state.project,
  statsPeriod: state.period,
  start: state.start,
  end: state.end,
});

/** The page that says in what the found events differ from all others of their time. */
export function compareWithRest({ query, period, start, end, project }: SearchState): string {
  const parts: [string, string][] = [
    ['a', query],
    ...(start
      ? [['aStart', start] as [string, string], ['aEnd', end] as [string, string]]
      : [['aPeriod', period || CHART_PERIOD_MAX] as [string, string]]),
    ['project', project],
  ];
  return `/compare?${new URLSearchParams(parts.filter(([, value]) => value !== '')).toString()}`;
}
