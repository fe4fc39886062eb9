/** Moments that are marked on a chart over time. */
export interface Mark {
  /** Milliseconds. */
  at: number;
  label: string;
  title: string;
}

export interface PlacedMark extends Mark {
  /** Percent from the left. */
  left: number;
  /** Where there is room for the words. */
  labelled: boolean;
}

/** Labels nearer to each other than this, in percent of the width, would overlap. */
const LABEL_GAP = 14;
const MARKS_MAX = 20;

/** Those between two moments, the newest of them labelled where words have room. */
export function placeMarks(marks: Mark[], from: number, to: number): PlacedMark[] {
  const span = to - from;
  if (!(span > 0)) return [];
  const placed = marks
    .filter(({ at }) => at > from && at < to)
    .sort((a, b) => b.at - a.at)
    .slice(0, MARKS_MAX)
    .map((mark) => ({ ...mark, left: ((mark.at - from) / span) * 100, labelled: false }));
  let last = Infinity;
  for (const mark of placed) {
    if (last - mark.left < LABEL_GAP) continue;
    mark.labelled = true;
    last = mark.left;
  }
  return placed;
}

export interface PlacedStretch {
  /** Percent from the left, and of the width. */
  left: number;
  width: number;
}

/** What of a stretch of time lies between two moments; null where nothing does. All in milliseconds. */
export function placeStretch([start, end]: [number, number], from: number, to: number): PlacedStretch | null {
  const [first, last] = [Math.max(start, from), Math.min(end, to)];
  if (!(to > from) || !(last >= first)) return null;
  const percent = (length: number) => (length / (to - from)) * 100;
  return { left: percent(first - from), width: percent(last - first) };
}
