import { shareOf, type TimeWindow } from './time-window';

/** Nothing is drawn farther outside than this share: a browser cannot lay out millions of pixels. */
const OUTSIDE = 0.02;
/** A label finds room beside a bar that leaves this much. */
const LABEL_ROOM = 0.14;

export interface BarPlace {
  /** Both in percent of the track. */
  left: number;
  width: number;
  label: 'after' | 'before' | 'within';
  /** The end that the label stands at, in percent: from the left for `after`, else from the right. */
  labelAt: number;
}

const clip = (share: number) => Math.min(1 + OUTSIDE, Math.max(-OUTSIDE, share));

/** Where a stretch is drawn; null where it is out of sight. */
export function placeBar(window: TimeWindow, from: number, to: number): BarPlace | null {
  const [start, end] = [shareOf(window, from), shareOf(window, to)];
  if (end < 0 || start > 1) return null;
  const [left, right] = [clip(start), clip(end)];
  const place = { left: left * 100, width: (right - left) * 100 };
  if (right <= 1 - LABEL_ROOM) return { ...place, label: 'after', labelAt: right * 100 };
  if (left >= LABEL_ROOM) return { ...place, label: 'before', labelAt: (1 - left) * 100 };
  return { ...place, label: 'within', labelAt: (1 - Math.min(1, right)) * 100 };
}
