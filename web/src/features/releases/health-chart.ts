import type { HealthPoint } from '$lib/api/health';

export const totalOf = ({ healthy, errored, crashed }: HealthPoint): number => healthy + errored + crashed;

/** In percent; nothing where there was no session. */
export function crashFreeOf(point: HealthPoint): number | null {
  const total = totalOf(point);
  return total > 0 ? ((total - point.crashed) / total) * 100 : null;
}

/** A bar's parts from the ground up, in a box as high as `height` for `max` sessions. */
export function partsOf({ healthy, errored, crashed }: HealthPoint, max: number, height: number) {
  const tall = (count: number) => (count / max) * height;
  return [
    { kind: 'crashed', y: height - tall(crashed), height: tall(crashed) },
    { kind: 'errored', y: height - tall(crashed + errored), height: tall(errored) },
    { kind: 'healthy', y: height - tall(crashed + errored + healthy), height: tall(healthy) },
  ];
}

/** Room below the lowest rate, in points. */
const ROOM = 0.5;
/** The rate of fewer sessions than this share of the most says nothing about the others' scale. */
const FEW = 0.1;

/** Where the axis of rates begins, in percent: as near as lets one see what moves. */
export function lowestShown(series: HealthPoint[]): number {
  const few = FEW * Math.max(...series.map(totalOf));
  const rates = series.flatMap((point) => (totalOf(point) > few ? [crashFreeOf(point) ?? 100] : []));
  const lowest = Math.min(99, ...rates);
  return Math.max(0, Math.floor((lowest - ROOM) * 2) / 2);
}
