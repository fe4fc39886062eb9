import type { Difference, Differs, Finding, Share } from '$lib/api/insight-types';
import { formatExactCount, formatShare } from '$lib/number-format';

/** What the failing ones are held against. */
const OTHERS: Record<Difference['against'], string> = {
  events: 'other events',
  sessions: 'healthy sessions',
  transactions: 'healthy transactions',
};

export interface Bar {
  kind: 'failing' | 'others';
  /** Percent of the track. */
  width: number;
  share: string;
  /** `188 of 200 other events`. */
  counts: string;
}

/** What is not nothing is seen. */
const NARROWEST = 1;

const widthOf = ({ hits, of }: Share): number =>
  hits > 0 && of > 0 ? Math.min(100, Math.max(NARROWEST, (hits / of) * 100)) : 0;

const bar = (kind: Bar['kind'], share: Share, what: string): Bar => ({
  kind,
  width: widthOf(share),
  share: formatShare(share.hits, share.of),
  counts: `${formatExactCount(share.hits)} of ${formatExactCount(share.of)} ${what}`,
});

export const barsOf = (finding: Difference, others = OTHERS[finding.against]): Bar[] => [
  bar('failing', finding.failing, 'here'),
  bar('others', finding.others, others),
];

/** `4.2×`, `470×`; nothing where it is not known, as where none of the others has the value. */
export function ratioText(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return '';
  return `${ratio >= 10 ? Math.round(ratio) : Number(ratio.toFixed(1))}×`;
}

/** `3 × 10⁻⁹` as it is typed: `3e-9`; what is too small for a number is below the smallest. */
export function pText(p: number): string {
  if (p >= 0.001) return p.toFixed(3);
  return p > 0 ? p.toExponential(0) : '< 1e-300';
}

export interface DetailRow extends Difference {
  /** Whether it is folded into the finding above it. */
  folded: boolean;
}

/** Findings with what is folded into them, for the table of all numbers. */
export const detailRows = (findings: Finding[]): DetailRow[] =>
  findings.flatMap(({ alike, ...finding }) => [
    { ...finding, folded: false },
    ...alike.map((one) => ({ ...one, folded: true })),
  ]);

/** `200 events against 10,033 others and 41,090 healthy ones`; of a sample, the counts are still those of all. */
export function comparedText({ compared }: Differs): string {
  const { failing, others, healthy } = compared;
  const parts = [`${formatExactCount(others)} others`];
  if (healthy !== null) parts.push(`${formatExactCount(healthy)} healthy ones`);
  const events = failing === 1 ? 'event' : 'events';
  const how = compared.sampled ? ', by a sample' : '';
  return `${formatExactCount(failing)} ${events} against ${parts.join(' and ')}${how}`;
}
