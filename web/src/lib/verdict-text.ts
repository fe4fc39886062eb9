import type { VerdictWord } from './api/verdict';

/** Each verdict in a word. */
export const VERDICTS: Record<VerdictWord, { label: string; tone: 'ok' | 'plain' | 'error' }> = {
  better: { label: 'better', tone: 'ok' },
  same: { label: 'same', tone: 'ok' },
  worse: { label: 'worse', tone: 'error' },
  not_enough_data: { label: 'not enough data', tone: 'plain' },
};

/** `p < 0.001`: how likely a difference like this would be by chance. */
export function formatChance(p: number): string {
  if (p < 0.001) return 'p < 0.001';
  return `p = ${p < 0.1 ? p.toFixed(3) : p.toFixed(2)}`;
}
