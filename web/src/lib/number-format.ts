/** Numbers as people read them; the exact one goes into a tooltip. */

const exact = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export const formatExactCount = (count: number): string => exact.format(count);

/** `987`, `1,284`, `12.4k`, `3.1m`. Four digits still fit, so they stay exact. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return '–';
  return Math.abs(count) < 10_000 ? exact.format(count) : compact.format(count).toLowerCase();
}

/** `71 %`; a share that is not nothing is never shown as 0 %. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return '–';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 1) return '< 1 %';
  return `${part < whole ? Math.min(99, Math.round(percent)) : 100} %`;
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${BYTE_UNITS[unit]}`;
}

/** `1 event`, `3 events`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
