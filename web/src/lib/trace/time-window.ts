/** The stretch of a trace that is shown, in microseconds since its start. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** Closer than this, times are no finer than their microseconds. */
export const WINDOW_US_MIN = 20;

export const fullWindow = (durationUs: number): TimeWindow => ({ from: 0, to: durationUs });

export const isZoomed = ({ from, to }: TimeWindow, durationUs: number): boolean =>
  from > 0 || to < durationUs;

/** Moved into the trace, and not shorter than the shortest. */
export function clampWindow({ from, to }: TimeWindow, durationUs: number): TimeWindow {
  const shortest = Math.min(WINDOW_US_MIN, durationUs);
  const length = Math.min(durationUs, Math.max(shortest, Math.abs(to - from)));
  const start = Math.min(Math.max(0, Math.min(from, to)), durationUs - length);
  return { from: start, to: start + length };
}

/** A factor below 1 comes closer; `at` (0 to 1 of what is shown) stays where it is. */
export function zoomWindow(window: TimeWindow, factor: number, at: number, durationUs: number): TimeWindow {
  const length = window.to - window.from;
  const next = Math.min(durationUs, Math.max(Math.min(WINDOW_US_MIN, durationUs), length * factor));
  const from = window.from + (length - next) * at;
  return clampWindow({ from, to: from + next }, durationUs);
}

/** By a share of what is shown. */
export function panWindow(window: TimeWindow, share: number, durationUs: number): TimeWindow {
  const by = (window.to - window.from) * share;
  return clampWindow({ from: window.from + by, to: window.to + by }, durationUs);
}

/** Where a time lies in what is shown: 0 at its left end, 1 at its right. */
export const shareOf = ({ from, to }: TimeWindow, us: number): number => (us - from) / (to - from);

/** The time at a share of what is shown. */
export const timeAt = ({ from, to }: TimeWindow, share: number): number => from + (to - from) * share;
