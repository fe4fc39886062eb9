/** Rates of sessions and users as people read them. */
import type { Interval } from './api/types';

const GOOD_FROM = 99.5;
const FAIR_FROM = 98;

/** `99.87 %`; what is not all is never shown as 100 %. */
export function formatPercent(percent: number): string {
  if (percent >= 100) return '100 %';
  const digits = percent >= 99 ? 2 : percent >= 10 ? 1 : percent > 0 ? 2 : 0;
  const shown = Math.floor(percent * 10 ** digits) / 10 ** digits;
  return `${shown.toFixed(digits)} %`;
}

/** A share of all, where less will do: `62 %`, `8.1 %`. */
export const formatAdoption = (percent: number): string =>
  `${Number(percent.toFixed(percent < 10 ? 1 : 0))} %`;

/** `92–99`, where so few sessions are known that the rate may be another one. */
export function formatInterval(interval: Interval | null | undefined): string {
  if (!interval?.isWide) return '';
  const { low, high } = interval;
  const digits = high - low < 2 ? 1 : 0;
  const round = (percent: number) => Number(percent.toFixed(digits));
  return `${round(low)}–${round(high)}`;
}

/** Sentry's bounds of crash-free rates. */
export function crashFreeTone(percent: number | null): 'plain' | 'warn' | 'error' {
  if (percent === null || percent >= GOOD_FROM) return 'plain';
  return percent >= FAIR_FROM ? 'warn' : 'error';
}

/** How far a release has come. */
export const STAGES: Partial<Record<string, { label: string; tone: 'ok' | 'plain'; about: string }>> = {
  adopted: { label: 'adopted', tone: 'ok', about: 'At least a tenth of the sessions are of it' },
  low_adoption: { label: 'low', tone: 'plain', about: 'Fewer than a tenth of the sessions are of it' },
  replaced: { label: 'replaced', tone: 'plain', about: 'It was adopted once; others took its place' },
};
