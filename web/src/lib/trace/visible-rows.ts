import { FLAG, type Trace } from './trace';

export const ROW_FILTERS = ['all', 'errors', 'critical'] as const;
export type RowFilter = (typeof ROW_FILTERS)[number];

/** 1 for each row that a filter keeps; null when it keeps all. What leads to a kept row is kept as well. */
export function keptRows(trace: Trace, filter: RowFilter): Uint8Array | null {
  if (filter === 'all') return null;
  const kept = new Uint8Array(trace.count);
  for (let row = 0; row < trace.count; row += 1) {
    if (!(filter === 'errors' ? trace.failed(row) : trace.has(row, FLAG.critical))) continue;
    kept[row] = 1;
    for (const above of trace.ancestors(row)) {
      if (kept[above]) break;
      kept[above] = 1;
    }
  }
  return kept;
}

/** The rows that are drawn, from the top. */
export function visibleRows(
  trace: Trace,
  collapsed: ReadonlySet<number>,
  kept: Uint8Array | null,
): Int32Array {
  const visible = new Int32Array(trace.count);
  let count = 0;
  for (let row = 0; row < trace.count; row += 1) {
    if (kept && !kept[row]) continue;
    visible[count] = row;
    count += 1;
    if (collapsed.has(row)) row += trace.descendants[row] ?? 0;
  }
  return visible.subarray(0, count);
}

/** Where a row stands among ascending rows, or the place before which it would. */
export function placeOf(rows: Int32Array, row: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All but the roots: how the services lie under each other still shows. */
export function collapsible(trace: Trace): Set<number> {
  const rows = new Set<number>();
  for (let row = 0; row < trace.count; row += 1) {
    if ((trace.depth[row] ?? 0) > 0 && (trace.descendants[row] ?? 0) > 0) rows.add(row);
  }
  return rows;
}
