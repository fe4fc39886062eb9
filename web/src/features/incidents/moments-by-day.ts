import type { Moment } from '$lib/api/alert-types';
import { formatDay } from '$lib/time-format';

/** In the order in which they happened, below the day of each. */
export function momentsByDay(moments: Moment[], timeZone?: string): { day: string; moments: Moment[] }[] {
  const days: { day: string; moments: Moment[] }[] = [];
  for (const moment of moments.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const day = formatDay(Date.parse(moment.at), timeZone);
    const last = days.at(-1);
    if (last?.day === day) last.moments.push(moment);
    else days.push({ day, moments: [moment] });
  }
  return days;
}
