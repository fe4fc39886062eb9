/** What was measured of a transaction, as people read it. */
import type { Transaction } from '$lib/api/types';
import { formatCount, formatExactCount, plural } from '$lib/number-format';
import type { Tone } from '$lib/level';

/** Differences below this share are those of one day to another. */
const SAME_WITHIN = 0.05;
/** From here on a p95 is not merely different but much worse. */
const MUCH_SLOWER = 0.5;
/** From twice on, “so many times” says more than percent. */
const TIMES_FROM = 2;
const FAILURES_MANY = 0.05;
const FAILURES_SOME = 0.01;
/** Apdex's own bounds of what is poor and what is fair. */
const APDEX_POOR = 0.7;
const APDEX_FAIR = 0.85;
/** A factor nearer to one than this is no sampling but rounding. */
const FACTOR_NONE_BELOW = 1.05;

/** `1,240`, `12.4`, `0.3`, `< 0.01`: how many a minute. */
export function formatRate(perMinute: number): string {
  if (perMinute <= 0) return '0';
  if (perMinute < 0.01) return '< 0.01';
  if (perMinute >= 100) return formatCount(Math.round(perMinute));
  return String(Number(perMinute.toFixed(perMinute < 1 ? 2 : 1)));
}

/** `×10`; nothing where every one was received. */
export const formatFactor = (factor: number): string =>
  factor < FACTOR_NONE_BELOW ? '' : `×${Number(factor.toPrecision(factor < 10 ? 2 : 3))}`;

/** What hovering a throughput tells. */
export function explainThroughput({ count, estimated, sampleFactor }: Transaction): string {
  if (!formatFactor(sampleFactor)) return `${formatExactCount(count)} in all`;
  const each = Number(sampleFactor.toPrecision(3));
  return `${formatExactCount(count)} received; SDKs sent about one of ${each}, so there were about ${formatCount(Math.round(estimated))}`;
}

/** `0.34 %`, `12.1 %`; what is not nothing is never shown as 0 %, nor what is not all as 100 %. */
export function formatFailureRate(rate: number | null): string {
  if (rate === null) return '–';
  if (rate <= 0 || rate >= 1) return rate <= 0 ? '0 %' : '100 %';
  const percent = rate * 100;
  if (percent < 0.01) return '< 0.01 %';
  if (percent > 99.9) return '> 99.9 %';
  return `${Number(percent.toFixed(percent < 10 ? 2 : 1))} %`;
}

export function failureTone(rate: number | null): Tone {
  if (rate === null || rate < FAILURES_SOME) return 'plain';
  return rate < FAILURES_MANY ? 'warn' : 'error';
}

export const explainFailures = ({ failed, count }: Pick<Transaction, 'failed' | 'count'>): string =>
  `${formatExactCount(failed)} of ${formatExactCount(count)} received failed`;

export const formatApdex = (apdex: number | null): string => (apdex === null ? '–' : apdex.toFixed(2));

export function apdexTone(apdex: number | null): Tone {
  if (apdex === null || apdex >= APDEX_FAIR) return 'plain';
  return apdex >= APDEX_POOR ? 'warn' : 'error';
}

export const explainApdex = (apdexMs: number): string =>
  `Apdex: the share within ${apdexMs} ms, and half of those within ${apdexMs * 4} ms`;

/** How a duration differs from the one of the period before, in words; nothing where there is none to compare. */
export function durationChange(
  now: number | null,
  before: number | null,
): { text: string; tone: Tone | 'ok' } | null {
  if (now === null || before === null || before <= 0) return null;
  const change = now / before - 1;
  if (Math.abs(change) < SAME_WITHIN) return { text: 'as before', tone: 'plain' };
  if (change < 0) return { text: `${Math.round(-change * 100)} % faster`, tone: 'ok' };
  const text =
    now / before >= TIMES_FROM
      ? `${Number((now / before).toPrecision(2))}× as long`
      : `${Math.round(change * 100)} % slower`;
  return { text, tone: change >= MUCH_SLOWER ? 'error' : 'warn' };
}

/** `3 each`, `0.2 each`: how many spans of an op one transaction has. */
export function spansEach(spans: number, transactions: number): string {
  if (transactions <= 0) return plural(spans, 'span');
  const each = spans / transactions;
  return each < 0.05 ? '< 0.1 each' : `${formatCount(Number(each.toFixed(each < 10 ? 1 : 0)))} each`;
}
