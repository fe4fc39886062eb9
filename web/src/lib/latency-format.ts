import { formatDuration } from './time-format';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How long a piece of work took, to three digits: `0.42 ms`, `412 ms`, `4.12 s`, `3 min 20 s`. */
export function formatLatency(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return '–';
  if (ms <= 0) return '0 ms';
  // What would be rounded up to the next unit belongs to it.
  if (ms < SECOND_MS - 0.5) return ms < 0.005 ? '< 0.01 ms' : `${threeDigits(ms)} ms`;
  if (ms < MINUTE_MS - 50) return `${threeDigits(ms / SECOND_MS)} s`;
  if (ms >= HOUR_MS) return formatDuration(ms / SECOND_MS);
  const seconds = Math.round(ms / SECOND_MS);
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest ? ` ${rest} s` : ''}`;
}

function threeDigits(value: number): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return String(Number(value.toFixed(digits)));
}

/** The sum of many, in the largest unit that it fills: `4.1 h`, `2.3 d`. */
export function formatTotalTime(ms: number): string {
  if (ms < HOUR_MS) return formatLatency(ms);
  const hours = ms / HOUR_MS;
  return hours < 48 ? `${threeDigits(hours)} h` : `${threeDigits(hours / 24)} d`;
}
