import type { SpanDetail } from '$lib/api/trace-types';
import { getSpan, getWaterfall } from '$lib/api/traces';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';
import { Trace } from '$lib/trace/trace';

/** A trace, and the one of its spans that is looked at. */
export class TracePage {
  trace = new Resource<Trace>();
  span = new Resource<SpanDetail>();

  load(id: string) {
    void this.trace.load(`trace ${id}`, async (signal) => {
      return new Trace(await getWaterfall(session.org, id, signal));
    });
  }

  loadSpan(trace: string, span: string) {
    void this.span.load(`span ${trace} ${span}`, (signal) => getSpan(session.org, trace, span, signal));
  }

  stop() {
    this.trace.stop();
    this.span.stop();
  }
}
