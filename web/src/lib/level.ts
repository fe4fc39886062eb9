/** Levels as tones: colour is never alone, so each has its word too. */
export type Tone = 'error' | 'warn' | 'info' | 'plain';

export function levelTone(level: string): Tone {
  if (level === 'fatal' || level === 'error') return 'error';
  if (level === 'warning') return 'warn';
  return level === 'info' ? 'info' : 'plain';
}
