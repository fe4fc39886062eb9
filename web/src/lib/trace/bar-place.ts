import { shareOf, type TimeWindow } from './time-window';

/** Both in percent of the track. */
export interface BarPlace {
  left: number;
  width: number;
}

const clip = (share: number) => Math.min(1, Math.max(0, share));

/** Where a stretch is drawn, cut at the edges; null where it is out of sight. */
export function placeBar(window: TimeWindow, from: number, to: number): BarPlace | null {
  const [start, end] = [shareOf(window, from), shareOf(window, to)];
  if (end < 0 || start > 1) return null;
  return { left: clip(start) * 100, width: (clip(end) - clip(start)) * 100 };
}
