/** The app's names for the shapes of traces, in `schema.d.ts`. */
import type { components } from './schema';

type Schemas = components['schemas'];

/** A trace with the columns of its rows, as it is drawn. */
export type Waterfall = Schemas['Waterfall'];
export type WaterfallRows = Schemas['WaterfallRows'];
export type TraceService = Schemas['TraceService'];
export type TraceError = Schemas['TraceError'];
export type TraceLog = Schemas['TraceLog'];
export type WebVital = Schemas['WebVital'];

/** One span with all that is known of it. */
export type SpanDetail = Schemas['SpanDetail'];
export type SpanAttribute = Schemas['SpanAttribute'];

/** Where in its trace an event happened. */
export type EventTrace = Schemas['EventTrace'];
