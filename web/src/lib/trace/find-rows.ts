import type { Segment } from '$lib/match-segments';
import { segments } from '$lib/match-segments';
import { FLAG, type Trace } from './trace';

const TERMS_MAX = 8;
const RANGES_MAX = 20;

export const termsOf = (query: string): string[] =>
  query.toLowerCase().split(/\s+/).filter(Boolean).slice(0, TERMS_MAX);

/** Rows in which every term stands somewhere: in the op, the name, the description, the service or the id. */
export function findRows(trace: Trace, query: string, kept: Uint8Array | null): Int32Array {
  const terms = termsOf(query);
  if (terms.length === 0) return new Int32Array();
  const { words, services, rows } = trace.waterfall;
  // Each word is looked at once, however many rows have it.
  const hits = terms.map((term) => ({
    term,
    words: Uint8Array.from(words, (word) => Number(word.toLowerCase().includes(term))),
    services: Uint8Array.from(services, ({ name }) => Number(name.toLowerCase().includes(term))),
  }));
  const found: number[] = [];
  for (let row = 0; row < trace.count; row += 1) {
    if ((kept && !kept[row]) || trace.has(row, FLAG.gap)) continue;
    const all = hits.every(
      (hit) =>
        hit.words[rows.op[row] ?? -1] ||
        hit.words[rows.name[row] ?? -1] ||
        hit.words[rows.description[row] ?? -1] ||
        hit.services[trace.service[row] ?? -1] ||
        trace.id(row) === hit.term,
    );
    if (all) found.push(row);
  }
  return Int32Array.from(found);
}

/** The text with each place of a term lit. */
export function litSegments(text: string, terms: string[]): Segment[] {
  const lower = text.toLowerCase();
  const ranges: [number, number][] = [];
  for (const term of terms) {
    for (let at = lower.indexOf(term); at >= 0; at = lower.indexOf(term, at + term.length)) {
      if (ranges.length === RANGES_MAX) break;
      ranges.push([at, at + term.length]);
    }
  }
  return segments(text, ranges);
}
