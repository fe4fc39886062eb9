import type { VerdictCheck } from './api/types';
import { formatPercent } from './health-text';
import { formatCount } from './number-format';
import { formatDuration } from './time-format';

const TESTS: Record<NonNullable<VerdictCheck['test']>, string> = {
  two_proportions: 'test of two proportions',
  fisher_exact: 'Fisher’s exact test',
  poisson_rates: 'test of two Poisson rates',
};

/** `p < 0.001`: how likely a difference like this is by chance. */
export function formatChance(p: number): string {
  if (p < 0.001) return 'p < 0.001';
  return `p = ${p < 0.1 ? p.toFixed(3) : p.toFixed(2)}`;
}

/** Rounded as the sentence rounds it; what is not all is never shown as 100 %. */
const formatShareOfOne = (share: number): string => {
  const rounded = Number((share * 100).toFixed(1));
  return share < 1 && rounded >= 100 ? formatPercent(share * 100) : `${rounded} %`;
};

/** `97.9 %`, `3.2 an hour`, `12`, as the check’s unit wants it. */
export function formatMeasure(value: number, unit: VerdictCheck['unit']): string {
  switch (unit) {
    case 'share':
      return formatShareOfOne(value);
    case 'per_hour':
      return `${value < 10 ? Number(value.toPrecision(2)) : formatCount(Math.round(value))} an hour`;
    case 'milliseconds':
      return formatDuration(value / 1000);
    case 'count':
      return formatCount(Number(value.toFixed(1)));
  }
}

/** With which test, how sure, and between what; empty where nothing was tested. */
export function testText({ test, p, interval, unit }: VerdictCheck): string {
  const parts = [
    test ? TESTS[test] : '',
    p === null ? '' : formatChance(p),
    interval
      ? `95 % between ${formatMeasure(interval[0], unit)} and ${formatMeasure(interval[1], unit)}`
      : '',
  ];
  return parts.filter(Boolean).join(', ');
}
