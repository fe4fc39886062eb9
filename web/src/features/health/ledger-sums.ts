import type { LedgerRow } from '$lib/api/types';

export interface LedgerPart {
  name: string;
  /** The tone it is drawn in. */
  kind: 'stored' | 'sampled' | 'notStored' | 'duplicate' | 'limited' | 'rejected';
  count: number;
}

export const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Where everything that was received has gone. */
export function ledgerParts(row: LedgerRow): LedgerPart[] {
  return [
    { name: 'stored', kind: 'stored', count: row.stored },
    { name: 'counted, details let go', kind: 'sampled', count: row.sampled },
    { name: 'received, not stored', kind: 'notStored', count: sum(row.notStored) },
    { name: 'duplicate', kind: 'duplicate', count: row.duplicate },
    { name: 'limited', kind: 'limited', count: row.limited },
    { name: 'rejected', kind: 'rejected', count: sum(row.rejected) },
  ];
}

/** What is received but in no part: waiting in the inbox if it is positive, a defect if negative. */
export const unaccounted = (row: LedgerRow): number =>
  row.received - ledgerParts(row).reduce((total, { count }) => total + count, 0);

/** One list over all projects, largest first. */
export function mergeCounts(all: Record<string, number>[]): [string, number][] {
  const merged = new Map<string, number>();
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) merged.set(name, (merged.get(name) ?? 0) + count);
  }
  return [...merged].sort((a, b) => b[1] - a[1]);
}
