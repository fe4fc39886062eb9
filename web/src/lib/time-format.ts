/** Times as people say them. `now` is passed in, in milliseconds. */

const STEPS: [limitSeconds: number, unitSeconds: number, unit: string][] = [
  [60, 1, 's'],
  [3_600, 60, 'min'],
  [86_400, 3_600, 'h'],
  [14 * 86_400, 86_400, 'd'],
  [60 * 86_400, 7 * 86_400, 'wk'],
  [730 * 86_400, 30 * 86_400, 'mo'],
  [Infinity, 365 * 86_400, 'y'],
];

/** `45 s`, `12 min`, `3 h`, `6 d`: how long, rounded down. */
export function formatDuration(seconds: number): string {
  const length = Math.abs(seconds);
  if (length > 0 && length < 1) return `${Math.floor(length * 1000)} ms`;
  for (const [limit, unit, name] of STEPS) {
    if (length < limit) return `${Math.floor(length / unit)} ${name}`;
  }
  return '';
}

/** `now`, `12 min ago`, `in 3 h`. Clocks differ by seconds: a little in the future is now. */
export function formatAgo(time: number, now: number): string {
  const seconds = (now - time) / 1000;
  if (Number.isNaN(seconds)) return 'unknown';
  if (seconds < 10 && seconds > -60) return 'now';
  return seconds < 0 ? `in ${formatDuration(seconds)}` : `${formatDuration(seconds)} ago`;
}

/** The age without "ago", for columns whose heading says what it is. */
export function formatAge(time: number, now: number): string {
  return formatAgo(time, now).replace(/ ago$/, '');
}

/** Time before the crash as a breadcrumb shows it: `0`, `−0.9 s`, `−16 min`. */
export function formatBefore(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (Math.abs(seconds) < 0.0005) return '0';
  const sign = seconds > 0 ? '−' : '+';
  const length = Math.abs(seconds);
  if (length < 1) return `${sign}${Math.round(length * 1000)} ms`;
  if (length < 10) return `${sign}${length.toFixed(1)} s`;
  return sign + formatDuration(length);
}

/** The exact time in a zone, with the zone's name: `3 Mar 2026, 14:05:09 UTC`. */
export function formatExact(time: number, timeZone?: string): string {
  if (Number.isNaN(time)) return 'unknown time';
  try {
    return exactFormat(timeZone).format(time);
  } catch {
    return exactFormat('UTC').format(time);
  }
}

function exactFormat(timeZone?: string) {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone,
    timeZoneName: 'short',
  });
}

/** What hovering a time tells: the viewer's zone, UTC, and the zone of whoever hit the error, if known. */
export function explainTime(time: number, theirZone?: string): string {
  const lines = [formatExact(time), formatExact(time, 'UTC')];
  if (theirZone) lines.push(`${formatExact(time, theirZone)}, where it happened`);
  return [...new Set(lines)].join('\n');
}

/** `18:58:19` in the viewer's zone. */
export function formatClock(time: number, timeZone?: string): string {
  if (Number.isNaN(time)) return '–';
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone,
  }).format(time);
}

/** `24 Nov`, in the viewer's zone. */
export const formatDay = (time: number, timeZone?: string): string =>
  Number.isNaN(time)
    ? '–'
    : new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone }).format(time);

/** A moment of a chart, or a stretch of it, in the viewer's zone: `24 Nov, 14:00 – 15:00`. */
export function formatStretch(from: number, to?: number, timeZone?: string): string {
  if (Number.isNaN(from) || Number.isNaN(to)) return '–';
  const format = new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
  return to === undefined ? format.format(from) : format.formatRange(from, to);
}
