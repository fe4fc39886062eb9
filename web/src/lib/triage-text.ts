/** Decisions in words. */
import type { DetailsEdit, IssueEdit } from './api/triage';
import type { IssueStatus, PriorityLevel, StatusDetails } from './api/types';
import { plural } from './number-format';
import { releaseName } from './release-name';
import { formatDuration, formatStretch } from './time-format';

const HASH_SHOWN = 10;

export const minutesText = (minutes: number): string => formatDuration(minutes * 60);

/** What is asked for and what is answered alike. */
type Fix = Pick<StatusDetails, 'inRelease' | 'inNextRelease'> & { inCommit?: { commit: string } | null };
type Waiting = Omit<StatusDetails, 'inCommit' | 'actor'> & Pick<DetailsEdit, 'ignoreDuration'>;

/** `in 2.14.3`, `in the next release`, `by commit 0123456789`; empty: from now on. */
export function resolvedText({ inRelease, inNextRelease, inCommit }: Fix): string {
  if (inCommit) return `by commit ${inCommit.commit.slice(0, HASH_SHOWN)}`;
  if (inRelease === 'latest') return 'in the latest release';
  if (inRelease) return `in ${releaseName(inRelease)}`;
  return inNextRelease ? 'in the next release' : '';
}

const within = (minutes: number | null | undefined) => (minutes ? ` within ${minutesText(minutes)}` : '');

/** `until it escalates`, `for 8 h`, `until 100 more events within 1 h`; empty: for good. */
export function archivedText(details: Waiting, substatus?: string | null): string {
  const { ignoreCount, ignoreUserCount, ignoreDuration } = details;
  if (ignoreCount) return `until ${plural(ignoreCount, 'more event')}${within(details.ignoreWindow)}`;
  if (ignoreUserCount) {
    const more = plural(ignoreUserCount, 'more person', 'more people');
    return `until ${more} met it${within(details.ignoreUserWindow)}`;
  }
  if (details.ignoreUntil) return `until ${formatStretch(Date.parse(details.ignoreUntil))}`;
  if (ignoreDuration) return `for ${minutesText(ignoreDuration)}`;
  return substatus === 'archived_until_escalating' ? 'until it escalates' : '';
}

export const STATUSES: Record<IssueStatus, string> = {
  unresolved: 'unresolved',
  resolved: 'resolved',
  ignored: 'archived',
};

export const PRIORITIES: { value: PriorityLevel; label: string }[] = [
  { value: 'high', label: 'High' },
  { value: 'medium', label: 'Medium' },
  { value: 'low', label: 'Low' },
];

interface Threshold {
  more: number;
  window_minutes?: number;
  counted?: number;
}

/** What an archived issue waits for, as its history keeps it. */
export interface Archived {
  archive?: { until?: string; events?: Threshold; users?: Threshold };
  until_escalating?: boolean;
}

/** The same in words. */
export function archivedFor({ archive = {}, until_escalating }: Archived): string {
  const { until, events, users } = archive;
  return archivedText(
    {
      ...(until && { ignoreUntil: until }),
      ...(events && { ignoreCount: events.more, ignoreWindow: events.window_minutes }),
      ...(users && { ignoreUserCount: users.more, ignoreUserWindow: users.window_minutes }),
    },
    until_escalating ? 'archived_until_escalating' : null,
  );
}

/** What an edit does, as a sentence goes on behind the issue: `resolved in 2.14.3`. */
export function editText(edit: IssueEdit): string {
  const details = edit.statusDetails ?? {};
  switch (edit.status) {
    case 'resolved':
      return `resolved ${resolvedText(details)}`.trim();
    case 'ignored':
      return `archived ${archivedText(details, edit.substatus)}`.trim();
    case 'unresolved':
      return 'reopened';
  }
  if (edit.priority) return `set to ${edit.priority} priority`;
  if (edit.isBookmarked !== undefined) return edit.isBookmarked ? 'bookmarked' : 'no longer bookmarked';
  return '';
}
