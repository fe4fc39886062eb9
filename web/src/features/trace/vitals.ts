import type { WebVital } from '$lib/api/trace-types';
import { formatLatency } from '$lib/latency-format';

export const VITALS: Record<WebVital['name'], { short: string; name: string }> = {
  lcp: { short: 'LCP', name: 'Largest contentful paint: when the main part of the page was there' },
  fcp: { short: 'FCP', name: 'First contentful paint: when anything was there' },
  inp: { short: 'INP', name: 'Interaction to next paint: how long the page took to react' },
  cls: { short: 'CLS', name: 'Cumulative layout shift: how much the page jumped' },
  ttfb: { short: 'TTFB', name: 'Time to first byte: when the server began to answer' },
};

export const RATINGS: Record<WebVital['rating'], { word: string; tone: 'ok' | 'warn' | 'error' }> = {
  good: { word: 'good', tone: 'ok' },
  needs_improvement: { word: 'needs improvement', tone: 'warn' },
  poor: { word: 'poor', tone: 'error' },
};

export const formatVital = ({ value, unit }: Pick<WebVital, 'value' | 'unit'>): string =>
  unit === 'millisecond' ? formatLatency(value) : String(Number(value.toFixed(3)));
