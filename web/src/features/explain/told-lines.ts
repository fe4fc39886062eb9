import type { ToldInsight } from '$lib/api/explain-types';
import { crumbSpot, frameSpot, spanSpot } from '$lib/spot.svelte';

/** A sentence of what was found without a model, and the place that it is about. */
export interface ToldLine {
  text: string;
  spot?: string;
}

const LINES_MAX = 8;

export function toldLines({ pattern, telling }: ToldInsight): ToldLine[] {
  const places = new Map<string, string>();
  const place = (sentence: string | undefined, spot: string) => sentence && places.set(sentence, spot);
  if (telling?.frame) place(telling.frame.sentence, frameSpot(telling.frame.exception, telling.frame.frame));
  for (const crumb of telling?.crumbs ?? []) place(crumb.sentence, crumbSpot(crumb.index));
  if (telling?.span) place(telling.span.sentence, spanSpot(telling.span.span));
  const texts = [...(pattern?.sentences ?? []), ...(telling?.sentences ?? []), ...places.keys()];
  return [...new Set(texts)].slice(0, LINES_MAX).map((text) => ({ text, spot: places.get(text) }));
}
