import type { Activity } from '$lib/api/types';
import { plural } from '$lib/number-format';
import { releaseName } from '$lib/release-name';
import { type Archived, archivedFor, resolvedText } from '$lib/triage-text';

type Data = Activity['data'];

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const versionOf = ({ version, release }: Data): string => text(version) || text(release);
const because = (data: Data, otherwise: string): string => text(data.because) || otherwise;
const inRelease = (words: string, data: Data): string =>
  versionOf(data) ? `${words} in ${releaseName(versionOf(data))}` : words;

function resolvedIn(data: Data): string {
  if (versionOf(data)) return inRelease('Resolved', data);
  const after = text(data.after) || text(data.current_release_version);
  return `Resolved in the next release${after ? ` after ${releaseName(after)}` : ''}`;
}

const shortIdOf = (value: unknown): string =>
  value && typeof value === 'object' && 'shortId' in value ? text(value.shortId) : '';

const NAMED_MAX = 3;

function merged({ issues }: Data): string {
  const names = Array.isArray(issues) ? issues.map(shortIdOf).filter(Boolean) : [];
  if (names.length === 0) return 'Merged';
  return `Merged with ${names.length > NAMED_MAX ? plural(names.length, 'issue') : names.join(', ')}`;
}

const takenOut = ({ destination }: Data): string =>
  shortIdOf(destination) ? `${shortIdOf(destination)} was taken out` : 'A group was taken out';

/** Each kind in words, without who did it. */
const WORDS: Record<string, (data: Data) => string> = {
  first_seen: () => 'First seen',
  set_resolved: (data) => `Resolved ${resolvedText(data as { inRelease?: string })}`.trim(),
  set_resolved_in_release: resolvedIn,
  set_resolved_in_commit: ({ commit }) => `Resolved by commit ${text(commit).slice(0, 10)}`.trim(),
  set_resolved_by_age: () => 'Resolved by age',
  set_unresolved: (data) => because(data, 'Reopened'),
  set_ignored: (data) => `Archived ${archivedFor(data as Archived)}`.trim(),
  set_regression: (data) => because(data, inRelease('Regressed', data)),
  came_back: (data) => because(data, 'Came back'),
  set_escalating: (data) => because(data, 'Escalating'),
  auto_set_ongoing: (data) => because(data, 'Ongoing'),
  set_priority: ({ priority }) => `Priority set to ${text(priority) || 'another'}`,
  unassigned: () => 'Unassigned',
  note: () => 'Commented',
  merge: merged,
  unmerge_source: takenOut,
  unmerge_destination: ({ source }) => `Taken out of ${shortIdOf(source) || 'another issue'}`,
};

export const isComment = (activity: Activity): boolean => activity.type.toLowerCase() === 'note';

export const nameOf = (user: Activity['user']): string => user?.name || user?.email || '';

/** `Regressed in 2.14.3`, `Assigned to Mia by Ada`, `Reopened by Ada (undo)`. */
export function activityText(activity: Activity): string {
  const type = activity.type.toLowerCase();
  const { assigneeName, assignee, undo } = activity.data;
  const who = nameOf(activity.user);
  const end = undo === true ? ' (undo)' : '';
  if (type === 'assigned') {
    if (activity.user && activity.user.id === assignee) return `Taken by ${who}${end}`;
    const whom = text(assigneeName) || `user ${text(assignee)}`;
    return `Assigned to ${whom}${who ? ` by ${who}` : ''}${end}`;
  }
  const words =
    WORDS[type]?.(activity.data) ?? type.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
  return `${words}${who ? ` by ${who}` : ''}${end}`;
}
