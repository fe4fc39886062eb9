/** The shapes of traces. */

export interface TraceService {
  name: string;
  /** A slug. */
  project: string;
  projectId: string;
  platform: string | null;
  spans: number;
  errors: number;
  /** What was added to its times, because its clock differed. */
  skewUs: number | null;
}

/** Columns of equal length: rows stand depth-first, siblings by their start. */
export interface TraceRows {
  /** 16 hex digits; empty for a gap. */
  id: string[];
  /** A row; -1 for roots. */
  parent: number[];
  depth: number[];
  /** How many rows below belong to it. */
  descendants: number[];
  /** Into the services. */
  service: number[];
  /** Microseconds since the trace's start. */
  start: number[];
  duration: number[];
  /** Into the words, like `name` and `description`. */
  op: number[];
  name: number[];
  description: number[];
  flags: number[];
}

export interface TraceError {
  /** -1 where its span is unknown. */
  row: number;
  eventId: string;
  issueId: string;
  shortId: string;
  title: string;
  level: string;
  project: string;
  offsetUs: number;
}

export interface TraceLog {
  /** -1 where its span is unknown. */
  row: number;
  offsetUs: number;
  level: string;
  body: string;
  service: number;
}

export interface WebVital {
  name: 'lcp' | 'fcp' | 'inp' | 'cls' | 'ttfb';
  value: number;
  unit: 'millisecond' | '';
  rating: 'good' | 'needs_improvement' | 'poor';
}

export interface Waterfall {
  traceId: string;
  start: string;
  durationUs: number;
  spanCount: number;
  /** There are more spans than are shown. */
  truncated: boolean;
  services: TraceService[];
  words: string[];
  rows: TraceRows;
  errors: TraceError[];
  logs: TraceLog[];
  logsTotal: number;
  vitals: WebVital[];
}

export interface SpanAttribute {
  key: string;
  value: unknown;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: SpanAttribute[];
}

/** One span with all that is known of it. */
export interface SpanDetails {
  id: string;
  traceId: string;
  parentId: string | null;
  op: string;
  name: string;
  description: string;
  status: 'unset' | 'ok' | 'error';
  statusWord: string;
  kind: string;
  origin: string;
  start: string;
  end: string;
  durationMs: number;
  /** Without the time of its children. */
  selfMs: number | null;
  project: string;
  service: string;
  environment: string;
  release: string;
  transaction: string;
  /** How many spans like it this one stands for. */
  sampleFactor: number;
  attributes: SpanAttribute[];
  links: SpanLink[];
  errors: TraceError[];
}

/** Where in its trace an event happened. */
export interface EventTrace {
  traceId: string | null;
  /** What stands between backticks is code. */
  sentence: string | null;
  why: 'no_trace_id' | 'no_spans' | null;
  /** Pruned to what stands around the event. */
  waterfall: Waterfall | null;
  /** Of the event's span; -1 where it is unknown. */
  row: number;
  traceSpanCount: number;
  otherErrors: number;
}
