import type { Telling } from '$lib/api/insight-types';
import { crumbPoint, framePoint, pointParams } from '$lib/points';
import { tracePath } from '$lib/trace-paths';
import { changeQuery } from '$lib/match-path';

/** A sentence, and the place that it is about: on this page, by its `point`, or on the trace's. */
export interface TellingLine {
  sentence: string;
  kind: 'frame' | 'breadcrumb' | 'span' | null;
  point: string;
  href: string;
}

/** All that tells, the places first; a sentence that a place says already is not said twice. */
export function tellingLines(telling: Telling, search: string): TellingLine[] {
  const at = (kind: TellingLine['kind'], point: string, sentence: string): TellingLine => {
    return { sentence, kind, point, href: changeQuery(search, pointParams(point)) };
  };
  const lines: TellingLine[] = telling.crumbs.map(({ index, sentence }) =>
    at('breadcrumb', crumbPoint(index), sentence),
  );
  const { frame, span } = telling;
  if (frame) lines.unshift(at('frame', framePoint(frame.exception, frame.frame), frame.sentence));
  if (span) {
    lines.push({ sentence: span.sentence, kind: 'span', point: '', href: tracePath(span.trace, span.span) });
  }
  const said = new Set(lines.map(({ sentence }) => sentence));
  const others = telling.sentences.filter((sentence) => !said.has(sentence));
  return [...others.map((sentence) => ({ sentence, kind: null, point: '', href: '' })), ...lines];
}
