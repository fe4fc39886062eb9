import type { Activity, Issue } from '$lib/api/types';
import { plural } from '$lib/number-format';
import { releaseName } from '$lib/release-name';
import { formatDay } from '$lib/time-format';
import { archivedText, resolvedText } from '$lib/triage-text';

export interface StatusLine {
  text: string;
  tone: 'plain' | 'info' | 'warn' | 'ok';
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The newest activity whose kind begins so; they come newest first. */
const newest = (activities: Activity[], kind: string) =>
  activities.find(({ type }) => type.toLowerCase().startsWith(kind));

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

/** What holds of an issue now, in a sentence. */
export function statusLine(issue: Issue, activities: Activity[]): StatusLine {
  if (issue.status === 'resolved') return { text: resolvedLine(issue, activities), tone: 'ok' };
  if (issue.status === 'ignored') return { text: archivedLine(issue, activities), tone: 'plain' };
  const first = issue.firstRelease?.version;
  switch (issue.substatus) {
    case 'regressed': {
      const { because, release, version } = newest(activities, 'set_regression')?.data ?? {};
      const where = text(version) || text(release);
      return {
        text: text(because) || (where ? `Regressed in ${releaseName(where)}` : 'Regressed'),
        tone: 'warn',
      };
    }
    case 'escalating':
      return {
        text: text(newest(activities, 'set_escalating')?.data.because) || 'Escalating: far more than usual',
        tone: 'warn',
      };
    case 'new':
      return { text: first ? `New in ${releaseName(first)}` : 'New', tone: 'info' };
    default:
      return first
        ? { text: `Since ${releaseName(first)}, ${formatDay(Date.parse(issue.firstSeen))}`, tone: 'plain' }
        : { text: `Since ${formatDay(Date.parse(issue.firstSeen))}`, tone: 'plain' };
  }
}

function resolvedLine(issue: Issue, activities: Activity[]): string {
  const activity = newest(activities, 'set_resolved');
  const after = issue.statusDetails.inNextRelease && text(activity?.data.after);
  const who = activity?.user?.name || activity?.user?.email;
  return (
    `Resolved ${resolvedText(issue.statusDetails)}`.trim() +
    (after ? ` after ${releaseName(after)}` : '') +
    (who ? ` by ${who}` : '')
  );
}

function archivedLine(issue: Issue, activities: Activity[]): string {
  const details = issue.statusDetails;
  if (details.ignoreUntil) return `Archived until ${formatUntil(details.ignoreUntil)}`;
  const since = number(newest(activities, 'set_ignored')?.data.counted);
  const soFar = details.ignoreCount && since !== undefined ? Number(issue.count) - since : undefined;
  const words = capital(`archived ${archivedText(details, issue.substatus)}`.trim());
  return soFar === undefined ? words : `${words} (${plural(soFar, 'event')} so far)`;
}

const formatUntil = (time: string) =>
  new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).format(Date.parse(time));

/** `Still seen in releases before the fix: 12 events, the last in 2.13.0`; its time is told beside it. */
export const stillSeenText = ({ events, release }: NonNullable<Issue['stillSeen']>): string =>
  `Still seen in releases before the fix: ${plural(events, 'event')}, the last in ${releaseName(release)}`;
