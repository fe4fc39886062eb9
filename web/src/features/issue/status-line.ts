import type { Activity, Issue } from '$lib/api/types';
import { formatCount, plural } from '$lib/number-format';
import { releaseName } from '$lib/release-name';
import { formatDay } from '$lib/time-format';
import { type Archived, archivedFor, archivedText, resolvedText } from '$lib/triage-text';

export interface StatusLine {
  text: string;
  tone: 'plain' | 'info' | 'warn' | 'ok';
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The newest activity whose kind begins so; they come newest first. */
const newest = (activities: Activity[], kind: string) =>
  activities.find(({ type }) => type.toLowerCase().startsWith(kind));

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

function resolvedLine({ statusDetails }: Issue, activities: Activity[]): string {
  const { afterRelease, actor } = statusDetails;
  const after = statusDetails.inNextRelease && afterRelease ? ` after ${releaseName(afterRelease)}` : '';
  const user = actor ?? newest(activities, 'set_resolved')?.user;
  const who = user?.name || user?.email;
  return `Resolved ${resolvedText(statusDetails)}`.trim() + after + (who ? ` by ${who}` : '');
}

/** What it waits for is in the history; how much of that is missing, in the issue itself. */
function archivedLine(issue: Issue, activities: Activity[]): string {
  const details = issue.statusDetails;
  const asked = newest(activities, 'set_ignored')?.data as Archived | undefined;
  const events = asked?.archive?.events;
  const words = `Archived ${archivedText(details, issue.substatus)}`.trim();
  if (!events || events.window_minutes || !details.ignoreCount) return words;
  const soFar = events.more - details.ignoreCount;
  return `Archived ${archivedFor(asked)} (${soFar > 0 ? formatCount(soFar) : 'none'} so far)`;
}

/** `Still seen in releases before the fix: 12 events, the last in 2.13.0`; its time is told beside it. */
export const stillSeenText = ({ events, release }: NonNullable<Issue['stillSeen']>): string =>
  `Still seen in releases before the fix: ${plural(events, 'event')}${release ? `, the last in ${releaseName(release)}` : ''}`;
