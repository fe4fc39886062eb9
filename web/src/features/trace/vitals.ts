import type { WebVital } from '$lib/api/trace-types';
import { formatLatency } from '$lib/latency-format';

const NAMES: Record<string, string> = {
  lcp: 'Largest contentful paint: when the main part of the page was there',
  fcp: 'First contentful paint: when anything was there',
  inp: 'Interaction to next paint: how long the page took to react',
  cls: 'Cumulative layout shift: how much the page jumped',
  ttfb: 'Time to first byte: when the server began to answer',
};

const RATINGS = {
  good: { word: 'good', tone: 'ok' },
  needs_improvement: { word: 'needs improvement', tone: 'warn' },
  poor: { word: 'poor', tone: 'error' },
} as const;

/** A web vital in words: `LCP 1.84 s`, good. */
export const sayVital = ({ name, value, unit, rating }: WebVital) => ({
  short: name.toUpperCase(),
  long: NAMES[name] ?? name,
  value: unit === 'millisecond' ? formatLatency(value) : String(Number(value.toFixed(3))),
  ...RATINGS[rating],
});
