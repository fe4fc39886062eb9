import type { Telling } from '$lib/api/insight-types';
import { crumbSpot, frameSpot } from '$lib/spot.svelte';
import { tracePath } from '$lib/trace-paths';

/** A sentence, and where what it tells of is: a spot of this page, the trace's own page, or nowhere. */
export type TellingLine =
  | { sentence: string; kind: 'frame' | 'breadcrumb'; spot: string }
  | { sentence: string; kind: 'span'; href: string }
  | { sentence: string; kind: null };

/** All that tells, in the server's order, each with the place that says the same. */
export function tellingLines({ sentences, frame, crumbs, span }: Telling): TellingLine[] {
  const placed: TellingLine[] = [];
  if (frame) {
    placed.push({ sentence: frame.sentence, kind: 'frame', spot: frameSpot(frame.exception, frame.frame) });
  }
  for (const { index, sentence } of crumbs) {
    placed.push({ sentence, kind: 'breadcrumb', spot: crumbSpot(index) });
  }
  if (span) placed.push({ sentence: span.sentence, kind: 'span', href: tracePath(span.trace, span.span) });
  const lines = sentences.map((sentence): TellingLine => {
    const at = placed.findIndex((line) => line.sentence === sentence);
    return placed.splice(at, at < 0 ? 0 : 1)[0] ?? { sentence, kind: null };
  });
  return [...lines, ...placed];
}
