/** Stretches of time up to now that a page can be about, by the API's names. */
export const PERIODS = [
  { value: '1h', label: 'Last hour', short: '1 h' },
  { value: '24h', label: 'Last 24 hours', short: '24 h' },
  { value: '7d', label: 'Last 7 days', short: '7 d' },
  { value: '14d', label: 'Last 14 days', short: '14 d' },
  { value: '30d', label: 'Last 30 days', short: '30 d' },
  { value: '90d', label: 'Last 90 days', short: '90 d' },
] as const;

export type Period = (typeof PERIODS)[number]['value'];

export const PERIOD_DEFAULT: Period = '24h';
export const PERIOD_LONGEST: Period = '90d';

export const readPeriod = (query: URLSearchParams): Period =>
  PERIODS.find(({ value }) => value === query.get('period'))?.value ?? PERIOD_DEFAULT;

/** `last 24 hours`, as part of a sentence. */
export const periodText = (period: Period): string =>
  (PERIODS.find(({ value }) => value === period)?.label ?? '').toLowerCase();
