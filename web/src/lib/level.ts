import type { Level } from './api/types';

/** Levels as tones: colour is never alone, so each has its word too. */
export type Tone = 'error' | 'warn' | 'info' | 'plain';

export function levelTone(level: string | null | undefined): Tone {
  if (level === 'fatal' || level === 'error') return 'error';
  if (level === 'warning') return 'warn';
  return level === 'info' ? 'info' : 'plain';
}

export const LEVELS: Level[] = ['fatal', 'error', 'warning', 'info', 'debug'];
