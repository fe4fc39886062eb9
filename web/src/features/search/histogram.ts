import type { Histogram } from '$lib/api/search';
import type { Series } from '$lib/api/types';

/** Lengths of a bar, in seconds, by the API's names. */
const INTERVALS: [name: string, seconds: number][] = [
  ['1m', 60],
  ['5m', 300],
  ['10m', 600],
  ['30m', 1_800],
  ['1h', 3_600],
  ['3h', 10_800],
  ['6h', 21_600],
  ['12h', 43_200],
  ['1d', 86_400],
];
const BARS_MAX = 96;
const BARS_MIN = 14;
const UNITS: Record<string, number> = { h: 3_600, d: 86_400 };

export interface Stretch {
  period: string;
  start: string;
  end: string;
}

export function secondsOf({ period, start, end }: Stretch): number {
  if (start && end) return Math.max(60, (Date.parse(end) - Date.parse(start)) / 1000);
  const [, count, unit] = /^(\d+)([hd])$/.exec(period) ?? [];
  return Number(count ?? 0) * (UNITS[unit ?? ''] ?? 0);
}

/** The shortest bars of which no more than fit are needed. */
export function intervalFor(stretch: Stretch): string {
  const seconds = secondsOf(stretch);
  return (INTERVALS.find(([, length]) => seconds / length <= BARS_MAX) ?? INTERVALS.at(-1))?.[0] ?? '1d';
}

/** Without the bars of nothing that any time begins with, but for a few: the rest is what one looks at. */
export function withoutLead(histogram: Histogram): Histogram {
  const first = histogram.series.findIndex(([, count]) => count > 0);
  const from = Math.min(first < 0 ? Infinity : first - 1, histogram.series.length - BARS_MIN);
  const series = histogram.series.slice(Math.max(0, from));
  return { ...histogram, series, start: series[0]?.[0] ?? histogram.start };
}

/** How long one bar is, in seconds. */
export function barSeconds(series: Series, end: number): number {
  const [first, second] = [series[0]?.[0], series[1]?.[0]];
  if (first === undefined) return 0;
  return second === undefined ? Math.max(1, end - first) : second - first;
}

/** The time of the bars from one to another, both included, in whichever order. */
export function stretchOf(series: Series, seconds: number, one: number, other: number): Stretch | null {
  const first = series[Math.min(one, other)];
  const last = series[Math.max(one, other)];
  if (!first || !last) return null;
  const iso = (time: number) => new Date(time * 1000).toISOString().replace('.000Z', 'Z');
  return { period: '', start: iso(first[0]), end: iso(last[0] + seconds) };
}
