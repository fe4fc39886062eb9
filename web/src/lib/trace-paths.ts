import { formatFilter } from './query-chips';

/** Addresses of traces, spans and transactions that pages lead to. */
export function tracePath(trace: string, span?: string): string {
  const path = `/traces/${encodeURIComponent(trace)}`;
  return span ? `${path}?span=${encodeURIComponent(span)}` : path;
}

export const transactionPath = (id: string, search = ''): string =>
  `/performance/${encodeURIComponent(id)}${search}`;

/** The spans that a transaction is counted from. */
export function transactionSpansPath(
  { name, project }: { name: string; project: string },
  scope: { environment: string; period: string },
): string {
  const query = `is:segment ${formatFilter('transaction', name)}`;
  const parts = new URLSearchParams({ query, project, period: scope.period });
  if (scope.environment) parts.set('environment', scope.environment);
  return `/traces?${parts.toString()}`;
}

const TRACE_ID = '[0-9a-f]{32}';
const SPAN_ID = '[0-9a-f]{16}';
/** A trace's id, alone or in the headers `traceparent` (W3C) and `sentry-trace`; dashed as UUIDs are, too. */
const ID = new RegExp(`^(?:[0-9a-f]{2}-)?(${TRACE_ID})(?:-(${SPAN_ID})(?:-\\w+)?)?$`, 'i');
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Where text leads that is a trace's id. */
export function pastedTracePath(text: string): string | null {
  const typed = text.trim();
  const [, trace, span] = ID.exec(UUID.test(typed) ? typed.replaceAll('-', '') : typed) ?? [];
  return trace ? tracePath(trace.toLowerCase(), span?.toLowerCase()) : null;
}
