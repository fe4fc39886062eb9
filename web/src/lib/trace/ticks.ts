import type { TimeWindow } from './time-window';

export interface Tick {
  us: number;
  label: string;
}

const UNITS: [us: number, name: string][] = [
  [3_600_000_000, 'h'],
  [60_000_000, 'min'],
  [1_000_000, 's'],
  [1_000, 'ms'],
  [1, 'µs'],
];
/** Steps that people count in, in microseconds. */
const MINUTE_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600].map((s) => s * 1_000_000);

/** Round times in a window, at most so many, with the unit that the step deserves. */
export function ticksOf({ from, to }: TimeWindow, most: number): Tick[] {
  const step = stepFor((to - from) / Math.max(1, most));
  // The unit is that of the last tick, so that all have the same; the digits are those of the step.
  const [unit, name] = UNITS.find(([size]) => to >= size && step * 1_000 >= size) ?? [1, 'µs'];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
  const ticks: Tick[] = [];
  for (let at = Math.ceil(from / step); at * step <= to; at += 1) {
    ticks.push({ us: at * step, label: at === 0 ? '0' : `${((at * step) / unit).toFixed(digits)} ${name}` });
  }
  return ticks;
}

function stepFor(us: number): number {
  if (us > 1_000_000) {
    const step = MINUTE_STEPS.find((one) => one >= us);
    if (step) return step;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(1, us)));
  return ([1, 2, 5, 10].find((one) => one * power >= us) ?? 10) * power;
}
