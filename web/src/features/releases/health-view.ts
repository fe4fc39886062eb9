export type Period = '24h' | '7d' | '14d' | '30d';

/** What of a release's health is shown. */
export interface HealthView {
  project: string;
  environment: string;
  period: Period;
}

export const PERIODS: { value: Period; label: string }[] = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
  { value: '14d', label: '14 d' },
  { value: '30d', label: '30 d' },
];

/** What a bar spans: some dozens of them are told apart, and a rate is of enough sessions. */
export const INTERVALS: Record<Period, string> = { '24h': '1h', '7d': '6h', '14d': '12h', '30d': '1d' };

const HOUR_MS = 3_600_000;

/** Of a young release a long period would be empty for the most part. */
export function periodFor(ageMs: number): Period {
  if (ageMs < 36 * HOUR_MS) return '24h';
  return ageMs < 10 * 24 * HOUR_MS ? '7d' : '14d';
}

/** From the address; where that says nothing: this project, and as long as this. */
export function readHealthView(query: URLSearchParams, project: string, otherwise: Period): HealthView {
  const period = query.get('period');
  return {
    project: query.get('project') || project,
    environment: query.get('environment') ?? '',
    period: PERIODS.find(({ value }) => value === period)?.value ?? otherwise,
  };
}

/** What has to change in the address. */
export const healthParams = ({ project, environment, period }: Partial<HealthView>) => ({
  ...(project !== undefined && { project: project || null }),
  ...(environment !== undefined && { environment: environment || null }),
  ...(period !== undefined && { period }),
});
