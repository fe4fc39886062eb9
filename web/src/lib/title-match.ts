import type { Match } from './api/types';
import { segments, type Segment } from './match-segments';

export interface TitleMatch {
  type: Segment[];
  value: Segment[];
  /** The places that the title does not show. */
  rest: Match[];
}

/** Places of which a title is made. */
const OF_TITLE = new Set(['exception', 'message']);

/** Lights what a search found in a title, so that no line below has to say the same once more. */
export function titleMatch(title: { type: string; value: string }, matches: Match[]): TitleMatch {
  const { type, value } = title;
  const whole = value ? `${type}: ${value}` : type;
  const found = matches.find(({ where, snippet }) => OF_TITLE.has(where) && snippet === whole);
  const ranges = found?.highlights ?? [];
  const valueAt = whole.length - value.length;
  return {
    type: segments(type, ranges),
    value: segments(
      value,
      ranges.map(([from, to]) => [Math.max(0, from - valueAt), to - valueAt]),
    ),
    rest: matches.filter((match) => match !== found),
  };
}
