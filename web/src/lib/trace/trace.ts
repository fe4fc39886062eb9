import type { TraceError, TraceLog, Waterfall } from '$lib/api/trace-types';

/** The bits of a row's flags. */
export const FLAG = {
  error: 1,
  /** The first span of its service. */
  segment: 2,
  critical: 4,
  /** Its parent never arrived. */
  orphan: 8,
  /** No span: time of its parent that nothing tells of. */
  gap: 16,
  /** Its clock was corrected. */
  shifted: 32,
  /** It starts before its parent or ends after it. */
  breaksOut: 64,
  /** Its parents led back to itself. */
  cycle: 128,
} as const;

/** A trace as it is drawn: thousands of rows, read many times a frame, so the columns are typed arrays. */
export class Trace {
  readonly count: number;
  readonly durationUs: number;
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  readonly descendants: Int32Array;
  readonly service: Int32Array;
  // Half an hour in microseconds is more than 32 bits hold.
  readonly start: Float64Array;
  readonly duration: Float64Array;
  readonly flags: Uint8Array;
  readonly #errorsOf: Map<number, TraceError[]>;
  readonly #logsOf: Map<number, TraceLog[]>;
  readonly #rowOf: Map<string, number>;
  /** How many errors stand above a row. */
  readonly #errorsAbove: Int32Array;

  constructor(readonly waterfall: Waterfall) {
    const { rows, errors, logs } = waterfall;
    this.count = rows.id.length;
    this.durationUs = Math.max(1, waterfall.durationUs);
    this.parent = Int32Array.from(rows.parent);
    this.depth = Int32Array.from(rows.depth);
    this.descendants = Int32Array.from(rows.descendants);
    this.service = Int32Array.from(rows.service);
    this.start = Float64Array.from(rows.start);
    this.duration = Float64Array.from(rows.duration);
    this.flags = Uint8Array.from(rows.flags);
    this.#errorsOf = byRow(errors);
    this.#logsOf = byRow(logs);
    this.#rowOf = new Map(rows.id.map((id, row) => [id, row]));
    this.#errorsAbove = new Int32Array(this.count + 1);
    for (let row = 0; row < this.count; row += 1) {
      this.#errorsAbove[row + 1] = (this.#errorsAbove[row] ?? 0) + (this.failed(row) ? 1 : 0);
    }
  }

  has(row: number, flag: number): boolean {
    return ((this.flags[row] ?? 0) & flag) !== 0;
  }

  /** Its span failed, or an error was sent from it. */
  failed(row: number): boolean {
    return this.has(row, FLAG.error) || this.#errorsOf.has(row);
  }

  /** How many rows below it failed. */
  failedWithin(row: number): number {
    const end = Math.min(this.count, row + 1 + (this.descendants[row] ?? 0));
    return (this.#errorsAbove[end] ?? 0) - (this.#errorsAbove[row + 1] ?? 0);
  }

  end(row: number): number {
    return (this.start[row] ?? 0) + (this.duration[row] ?? 0);
  }

  /** Empty for a gap, which is no span. */
  id(row: number): string {
    return this.waterfall.rows.id[row] ?? '';
  }

  /** -1 where no row has the id. */
  rowOf(id: string): number {
    return id ? (this.#rowOf.get(id) ?? -1) : -1;
  }

  op(row: number): string {
    return this.#word('op', row);
  }

  /** What tells it from others of its kind. */
  text(row: number): string {
    if (this.has(row, FLAG.gap)) return 'missing instrumentation';
    return this.#word('description', row) || this.#word('name', row) || this.op(row) || 'span';
  }

  serviceName(row: number): string {
    return this.waterfall.services[this.service[row] ?? -1]?.name ?? '';
  }

  /** Whether its service is another than its parent's, or has not been named yet. */
  entersService(row: number): boolean {
    if (this.has(row, FLAG.gap)) return false;
    const parent = this.parent[row] ?? -1;
    return parent < 0 || this.service[parent] !== this.service[row];
  }

  /** -1 for what stands on no known span. */
  errorsOf(row: number): TraceError[] {
    return this.#errorsOf.get(row) ?? [];
  }

  logsOf(row: number): TraceLog[] {
    return this.#logsOf.get(row) ?? [];
  }

  /** Each row directly below. */
  *children(row: number): Generator<number> {
    const last = Math.min(this.count - 1, row + (this.descendants[row] ?? 0));
    for (let child = row + 1; child <= last; child += 1 + (this.descendants[child] ?? 0)) yield child;
  }

  /** From its parent up to its root. */
  *ancestors(row: number): Generator<number> {
    for (let above = this.parent[row] ?? -1; above >= 0; above = this.parent[above] ?? -1) yield above;
  }

  #word(column: 'op' | 'name' | 'description', row: number): string {
    const { words, rows } = this.waterfall;
    return words[rows[column][row] ?? -1] ?? '';
  }
}

function byRow<One extends { row: number }>(all: One[]): Map<number, One[]> {
  const rows = new Map<number, One[]>();
  for (const one of all) {
    const known = rows.get(one.row);
    if (known) known.push(one);
    else rows.set(one.row, [one]);
  }
  return rows;
}
