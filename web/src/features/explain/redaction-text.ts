import type { Redaction } from '$lib/api/explain-types';

/** `e-mail address, 3 times`. */
export const redactionText = ({ kind, times }: Redaction): string =>
  times > 1 ? `${kind}, ${times.toLocaleString('en')} times` : kind;

/** How many different things were taken out. */
export const hiddenCount = (redactions: Redaction[]): number => redactions.length;
