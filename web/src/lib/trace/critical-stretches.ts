import { FLAG, type Trace } from './trace';
import type { TimeWindow } from './time-window';

/** When a row on the critical path was itself what the trace waited for: not while a child was. */
export function criticalStretches(trace: Trace, row: number): TimeWindow[] {
  if (!trace.has(row, FLAG.critical)) return [];
  const stretches: TimeWindow[] = [];
  const end = trace.end(row);
  let at = trace.start[row] ?? 0;
  // Children stand by their start.
  for (const child of trace.children(row)) {
    if (!trace.has(child, FLAG.critical) || trace.has(child, FLAG.gap)) continue;
    const start = Math.min(trace.start[child] ?? 0, end);
    if (start > at) stretches.push({ from: at, to: start });
    at = Math.max(at, trace.end(child));
  }
  if (end > at) stretches.push({ from: at, to: end });
  return stretches;
}
