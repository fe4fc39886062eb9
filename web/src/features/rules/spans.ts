/** Stretches of minutes, as people choose and read them. */
const HOUR = 60;
const DAY = 24 * HOUR;

/** `45 min`, `1 h`, `90 min`, `24 h`, `7 d`: exactly, in the largest unit that divides it, on one line. */
export function spanText(minutes: number): string {
  if (minutes === 0) return 'no time';
  if (minutes % DAY === 0 && minutes > DAY) return `${minutes / DAY}\u00a0d`;
  return minutes % HOUR === 0 ? `${minutes / HOUR}\u00a0h` : `${minutes}\u00a0min`;
}

/** What can be chosen, with what is chosen now among it. */
export function spanOptions(choices: number[], chosen: number): { value: string; label: string }[] {
  const all = choices.includes(chosen) ? choices : [...choices, chosen].sort((a, b) => a - b);
  return all.map((minutes) => ({ value: `${minutes}`, label: spanText(minutes) }));
}

export const WINDOWS = [5, 10, 15, 30, HOUR];
/** Transactions are counted by the minute for three hours. */
export const TRANSACTION_WINDOWS = [5, 10, 15, 30, HOUR, 2 * HOUR];
export const COUNT_WINDOWS = [5, 10, 15, 30, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY];
export const COOLDOWNS = [0, 15, 30, HOUR, 4 * HOUR, DAY];
export const QUIETS = [1, 5, 15, 30, HOUR, 4 * HOUR, DAY];
export const REOPENS = [0, 15, HOUR, 4 * HOUR, DAY];
