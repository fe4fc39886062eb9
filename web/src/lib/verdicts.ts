import type { VerdictState } from './api/types';

/** Each verdict in a word. */
export const VERDICTS: Record<VerdictState, { label: string; tone: 'ok' | 'plain' | 'error' }> = {
  better: { label: 'better', tone: 'ok' },
  same: { label: 'same', tone: 'ok' },
  worse: { label: 'worse', tone: 'error' },
  not_enough_data: { label: 'not enough data', tone: 'plain' },
};
