import type { DetailsEdit, IssueEdit } from '$lib/api/triage';

const HOUR = 60;
const DAY = 24 * HOUR;

export const ARCHIVE_FOR = [
  { label: '1 hour', minutes: HOUR },
  { label: '8 hours', minutes: 8 * HOUR },
  { label: '24 hours', minutes: DAY },
  { label: '7 days', minutes: 7 * DAY },
];

/** Spans of time, in minutes. */
export const UNITS = [
  { value: '1', label: 'minutes' },
  { value: `${HOUR}`, label: 'hours' },
  { value: `${DAY}`, label: 'days' },
  { value: `${7 * DAY}`, label: 'weeks' },
];

/** Within which so many more have to come; empty: however long it takes. */
export const WINDOWS = [
  { value: '', label: 'however long it takes' },
  { value: `${HOUR}`, label: 'within an hour' },
  { value: `${DAY}`, label: 'within a day' },
  { value: `${7 * DAY}`, label: 'within a week' },
];

export function archiveEdit(until: 'forever' | 'escalating' | DetailsEdit): IssueEdit {
  if (until === 'forever') return { status: 'ignored', substatus: 'archived_forever' };
  if (until === 'escalating') return { status: 'ignored', substatus: 'archived_until_escalating' };
  return { status: 'ignored', substatus: 'archived_until_condition_met', statusDetails: until };
}

/** What somebody typed, as the server wants it; null where it is no number that makes sense. */
export function conditionOf(
  what: 'time' | 'events' | 'users',
  amount: number,
  span: string,
): DetailsEdit | null {
  const most = what === 'time' ? 520 : 1_000_000;
  if (!Number.isInteger(amount) || amount < 1 || amount > most) return null;
  if (what === 'time') return { ignoreDuration: amount * Number(span) };
  const window = span ? Number(span) : undefined;
  return what === 'events'
    ? { ignoreCount: amount, ...(window && { ignoreWindow: window }) }
    : { ignoreUserCount: amount, ...(window && { ignoreUserWindow: window }) };
}
