import { findRows, termsOf } from '$lib/trace/find-rows';
import {
  clampWindow,
  fullWindow,
  isZoomed,
  panWindow,
  zoomWindow,
  type TimeWindow,
} from '$lib/trace/time-window';
import { type Trace } from '$lib/trace/trace';
import { collapsible, keptRows, placeOf, visibleRows, type RowFilter } from '$lib/trace/visible-rows';
import { readQuery, writeQuery } from './trace-query';

const ZOOM_STEP = 0.5;
const PAN_STEP = 0.25;

/** How a trace is looked at: what is folded, kept, searched for and zoomed to. */
export class TraceView {
  /** Folded rows are of the moment; the rest stands in the address. */
  collapsed = $state.raw<ReadonlySet<number>>(new Set());
  filter = $state<RowFilter>('all');
  query = $state('');
  window = $state.raw<TimeWindow>({ from: 0, to: 1 });
  /** The row that keys act upon. */
  active = $state(0);

  readonly kept = $derived.by(() => keptRows(this.trace, this.filter));
  readonly rows = $derived.by(() => visibleRows(this.trace, this.collapsed, this.kept));
  readonly terms = $derived(termsOf(this.query));
  readonly found = $derived.by(() => findRows(this.trace, this.query, this.kept));
  readonly zoomed = $derived.by(() => isZoomed(this.window, this.trace.durationUs));

  constructor(
    readonly trace: Trace,
    query: URLSearchParams,
  ) {
    this.read(query);
  }

  /** Takes over what an address asks for. */
  read(query: URLSearchParams) {
    const asked = readQuery(query, this.trace.durationUs);
    this.filter = asked.filter;
    this.query = asked.query;
    this.window = asked.window;
  }

  write(): Record<string, string | null> {
    return writeQuery(this, this.trace.durationUs);
  }

  toggle(row: number, open = this.collapsed.has(row)) {
    if (!this.trace.descendants[row]) return;
    const collapsed = new Set(this.collapsed);
    if (open) collapsed.delete(row);
    else collapsed.add(row);
    this.collapsed = collapsed;
    if (!open && this.active > row && this.active <= row + (this.trace.descendants[row] ?? 0))
      this.active = row;
  }

  collapseAll() {
    this.collapsed = collapsible(this.trace);
    for (const above of this.trace.ancestors(this.active)) if (this.collapsed.has(above)) this.active = above;
  }

  expandAll() {
    this.collapsed = new Set();
  }

  /** Opens what a row lies under, and makes it the active one. */
  goTo(row: number) {
    const above = [...this.trace.ancestors(row)].filter((one) => this.collapsed.has(one));
    if (above.length > 0) {
      const collapsed = new Set(this.collapsed);
      for (const one of above) collapsed.delete(one);
      this.collapsed = collapsed;
    }
    if (this.kept && !this.kept[row]) this.filter = 'all';
    this.active = row;
  }

  /** Up or down among the rows that are shown. */
  move(by: number) {
    const at = placeOf(this.rows, this.active);
    const next = Math.max(0, Math.min(this.rows.length - 1, at + by));
    this.active = this.rows[next] ?? this.active;
  }

  /** To the next row that the search found, around the end. */
  step(by: 1 | -1) {
    const { found } = this;
    if (found.length === 0) return;
    const at = placeOf(found, this.active);
    const here = found[at] === this.active;
    const next = by > 0 ? (here ? at + 1 : at) : at - 1;
    this.goTo(found[(next + found.length) % found.length] ?? this.active);
  }

  /** Deeper, as in any tree: open, then on to the first child. */
  goIn() {
    if (this.collapsed.has(this.active)) this.toggle(this.active, true);
    else if (this.trace.descendants[this.active]) this.move(1);
  }

  goOut() {
    const parent = this.trace.parent[this.active] ?? -1;
    if (this.trace.descendants[this.active] && !this.collapsed.has(this.active))
      this.toggle(this.active, false);
    else if (parent >= 0) this.active = parent;
  }

  show(window: TimeWindow) {
    this.window = clampWindow(window, this.trace.durationUs);
  }

  showAll() {
    this.window = fullWindow(this.trace.durationUs);
  }

  /** The active span, with a little around it. */
  showActive() {
    const [from, to] = [this.trace.start[this.active] ?? 0, this.trace.end(this.active)];
    const around = (to - from) * 0.1;
    this.show({ from: Math.max(0, from - around), to: Math.min(this.trace.durationUs, to + around) });
  }

  zoom(factor: number, at = 0.5) {
    this.window = zoomWindow(this.window, factor, at, this.trace.durationUs);
  }

  zoomIn = () => this.zoom(ZOOM_STEP);
  zoomOut = () => this.zoom(1 / ZOOM_STEP);

  pan(share: number) {
    this.window = panWindow(this.window, share, this.trace.durationUs);
  }

  panLeft = () => this.pan(-PAN_STEP);
  panRight = () => this.pan(PAN_STEP);
}
