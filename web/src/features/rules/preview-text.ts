import type { AlertPreview } from '$lib/api/alert-types';
import type { Series } from '$lib/api/types';
import { plural } from '$lib/number-format';
import { formatDuration } from '$lib/time-format';

const DAY_MS = 86_400_000;

const times = (count: number): string => (count === 1 ? 'once' : plural(count, 'time'));

/** `14 days`, and of how much of it anything is known. */
function stretchText({ from, to, since }: AlertPreview): string {
  const days = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
  const whole = `the last ${plural(days, 'day')}`;
  if (!since || Date.parse(since) <= Date.parse(from) + DAY_MS) return whole;
  const known = (Date.parse(to) - Date.parse(since)) / 1000;
  return `${whole}, of which ${formatDuration(Math.max(0, known))} are known`;
}

/** `Would have fired 7 times in the last 14 days, telling people 3 times.` */
export function previewText(preview: AlertPreview): string {
  const stretch = stretchText(preview);
  if (preview.total === 0) return `Would not have fired in ${stretch}.`;
  const told = preview.messages === 0 ? 'telling nobody' : `telling people ${times(preview.messages)}`;
  return `Would have fired ${times(preview.total)} in ${stretch}, ${told}.`;
}

/** How often on each day, oldest first, as small charts want it. */
export function previewDays({ from, to, alerts }: AlertPreview): Series {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const days = Math.max(1, Math.round((end - start) / DAY_MS));
  const counts = Array.from({ length: days }, () => 0);
  for (const { at } of alerts) {
    const day = Math.min(days - 1, Math.floor((Date.parse(at) - start) / DAY_MS));
    if (day >= 0) counts[day] = (counts[day] ?? 0) + 1;
  }
  return counts.map((count, day) => [(start + day * DAY_MS) / 1000, count]);
}
