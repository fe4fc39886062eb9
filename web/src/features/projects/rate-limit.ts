import type { RateLimit } from '$lib/api/types';
import { formatCount } from '$lib/number-format';

export const WINDOWS = [
  { value: '60', label: 'a minute' },
  { value: '3600', label: 'an hour' },
  { value: '86400', label: 'a day' },
];

/** What takes a limit away. */
export const NO_LIMIT: RateLimit = { count: 0, window: 0 };

/** As two fields show it; a window that no option names counts as it is. */
export interface LimitFields {
  count: string;
  window: string;
}

export const limitFields = (limit: RateLimit | null | undefined): LimitFields => ({
  count: limit ? String(limit.count) : '',
  window: String(limit?.window ?? 60),
});

/** An empty count is no limit. */
export const readLimit = ({ count, window }: LimitFields): RateLimit =>
  Number(count) > 0 ? { count: Math.round(Number(count)), window: Number(window) } : NO_LIMIT;

export const windowOptions = (window: string) =>
  WINDOWS.some(({ value }) => value === window)
    ? WINDOWS
    : [...WINDOWS, { value: window, label: `${window} seconds` }];

/** `1,000 events a minute`. */
export function limitText(limit: RateLimit | null | undefined): string {
  if (!limit) return 'no limit';
  const label = WINDOWS.find(({ value }) => value === String(limit.window))?.label ?? `${limit.window} s`;
  return `${formatCount(limit.count)} events ${label}`;
}
