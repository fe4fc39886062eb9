import type { DurationBucket } from '$lib/api/types';

/** Steps that people count in. */
const STEPS = [1, 2, 2.5, 5, 10];
const TICKS_MAX = 4;

/** Where lines across a chart stand, from above zero to a round number that is at least `max`. */
export function ticksTo(max: number): number[] {
  if (!(max > 0)) return [1];
  const rough = max / TICKS_MAX;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * (STEPS.find((one) => one * unit >= rough) ?? 10);
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count }, (_, index) => Number(((index + 1) * step).toPrecision(6)));
}

/** The greatest of what is known; zero where nothing is. */
export const greatest = (...series: (number | null)[][]): number =>
  series.flat().reduce<number>((most, value) => Math.max(most, value ?? 0), 0);

/**
 * Where a duration stands on an axis of bins that are all drawn as wide, in percent from the left. Bins widen with what
 * they hold, so within one it is the logarithm that is even.
 */
export function placeDuration(bins: DurationBucket[], ms: number | null): number | null {
  const [first, last] = [bins[0], bins.at(-1)];
  if (ms === null || !first || !last) return null;
  if (ms <= first.fromMs) return 0;
  if (ms >= last.toMs) return 100;
  const index = bins.findIndex(({ toMs }) => ms < toMs);
  const { fromMs, toMs } = bins[index] ?? last;
  const even = fromMs > 0 ? Math.log(ms / fromMs) / Math.log(toMs / fromMs) : (ms - fromMs) / (toMs - fromMs);
  return ((index + Math.max(0, Math.min(1, even))) / bins.length) * 100;
}

/** Marks at a histogram's axis: some edges of its bins, evenly spread, the first and the last among them. */
export function edgesOf(bins: DurationBucket[], most: number): { ms: number; left: number }[] {
  const last = bins.at(-1);
  if (!last) return [];
  const edges = [...bins.map(({ fromMs }) => fromMs), last.toMs];
  const parts = Math.min(most - 1, bins.length);
  return Array.from({ length: parts + 1 }, (_, part) => {
    const index = Math.round((part / parts) * bins.length);
    return { ms: edges[index] ?? 0, left: (index / bins.length) * 100 };
  });
}
