import { clampWindow, fullWindow, isZoomed, type TimeWindow } from '$lib/trace/time-window';
import { ROW_FILTERS, type RowFilter } from '$lib/trace/visible-rows';

/** What of a trace's page its address holds, besides the span and the tab. */
interface TraceQuery {
  filter: RowFilter;
  query: string;
  window: TimeWindow;
}

/** `zoom=FROM-TO`, in microseconds since the trace's start. */
const ZOOM = /^(\d{1,15})-(\d{1,15})$/;

export function readQuery(params: URLSearchParams, durationUs: number): TraceQuery {
  const show = params.get('show');
  const [, from, to] = ZOOM.exec(params.get('zoom') ?? '') ?? [];
  return {
    filter: ROW_FILTERS.find((one) => one === show) ?? 'all',
    query: params.get('find') ?? '',
    window: from && to ? clampWindow({ from: +from, to: +to }, durationUs) : fullWindow(durationUs),
  };
}

export function writeQuery(
  { filter, query, window }: TraceQuery,
  durationUs: number,
): Record<string, string | null> {
  return {
    show: filter === 'all' ? null : filter,
    find: query || null,
    zoom: isZoomed(window, durationUs) ? `${Math.floor(window.from)}-${Math.ceil(window.to)}` : null,
  };
}
