import type { HealthPoint } from '$lib/api/health';

export interface Bar {
  /** Seconds. */
  at: number;
  healthy: number;
  errored: number;
  crashed: number;
  total: number;
  crashFree: number | null;
}

/** What a bar is made of: what ended well, what went wrong, and what crashed or never ended. */
export const barsOf = (series: HealthPoint[]): Bar[] =>
  series.map(({ at, sessions, crashFreeSessions }) => {
    const crashed = sessions.crashed + sessions.abnormal;
    return {
      at: Date.parse(at) / 1000,
      healthy: sessions.total - sessions.errored,
      errored: sessions.errored - crashed,
      crashed,
      total: sessions.total,
      crashFree: crashFreeSessions,
    };
  });

/** A bar's parts from the ground up, in a box as high as `height` for `max` sessions. */
export function partsOf({ healthy, errored, crashed }: Bar, max: number, height: number) {
  const tall = (count: number) => (count / max) * height;
  return [
    { kind: 'crashed', y: height - tall(crashed), height: tall(crashed) },
    { kind: 'errored', y: height - tall(crashed + errored), height: tall(errored) },
    { kind: 'healthy', y: height - tall(crashed + errored + healthy), height: tall(healthy) },
  ];
}

/** Room below the lowest rate, in points. */
const ROOM = 0.5;

/** Where the axis of rates begins, in percent: as near as lets one see what moves. */
export function lowestShown(bars: Bar[]): number {
  const rates = bars.flatMap(({ crashFree }) => (crashFree === null ? [] : [crashFree]));
  const lowest = Math.min(99, ...rates);
  return Math.max(0, Math.floor((lowest - ROOM) * 2) / 2);
}

/** The rate as a path over a box of that size; it breaks where nothing is known. */
export function ratePath(bars: Bar[], width: number, height: number, lowest: number): string {
  const step = width / Math.max(1, bars.length);
  let path = '';
  let pen = 'M';
  for (const [index, { crashFree }] of bars.entries()) {
    if (crashFree === null) {
      pen = 'M';
      continue;
    }
    const y = height - ((crashFree - lowest) / (100 - lowest)) * height;
    path += `${pen}${((index + 0.5) * step).toFixed(1)} ${y.toFixed(1)}`;
    // A single point is a dot, not nothing.
    if (pen === 'M') path += 'h0.1';
    pen = 'L';
  }
  return path;
}
