import { type Period, PERIOD_DEFAULT, readPeriod } from '$lib/periods';

export const SORTS = [
  { value: '-total_time', label: 'Total time' },
  { value: '-p95', label: 'p95' },
  { value: '-p50', label: 'p50' },
  { value: '-p99', label: 'p99' },
  { value: '-throughput', label: 'Throughput' },
  { value: '-failure_rate', label: 'Failure rate' },
  { value: 'name', label: 'Name' },
] as const;

export type TransactionSort = (typeof SORTS)[number]['value'];

/** Where most time goes is where most can be won. */
const SORT_DEFAULT: TransactionSort = '-total_time';

/** All that the list shows is decided by its address. */
export interface ListView {
  query: string;
  project: string;
  environment: string;
  period: Period;
  sort: TransactionSort;
  cursor: string;
}

export const readListView = (query: URLSearchParams): ListView => ({
  query: query.get('query')?.trim() ?? '',
  project: query.get('project') ?? '',
  environment: query.get('environment') ?? '',
  period: readPeriod(query),
  sort: SORTS.find(({ value }) => value === query.get('sort'))?.value ?? SORT_DEFAULT,
  cursor: query.get('cursor') ?? '',
});

/** What has to change in the address; another list starts at its first page. */
export const listParams = ({ query, project, environment, period, sort }: Partial<ListView>) => ({
  cursor: null,
  ...(query !== undefined && { query: query || null }),
  ...(project !== undefined && { project: project || null }),
  ...(environment !== undefined && { environment: environment || null }),
  ...(period !== undefined && { period: period === PERIOD_DEFAULT ? null : period }),
  ...(sort !== undefined && { sort: sort === SORT_DEFAULT ? null : sort }),
});

/** What of a list's address one transaction's page goes on with: `?environment=…&period=…`. */
export function detailSearch({ environment, period }: { environment: string; period: Period }): string {
  const parts = new URLSearchParams();
  if (environment) parts.set('environment', environment);
  if (period !== PERIOD_DEFAULT) parts.set('period', period);
  const text = parts.toString();
  return text && `?${text}`;
}
