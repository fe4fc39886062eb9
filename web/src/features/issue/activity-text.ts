import type { Activity } from '$lib/api/types';

const WORDS: Record<string, string> = {
  first_seen: 'First seen',
  set_resolved: 'Resolved',
  set_resolved_in_release: 'Resolved in a release',
  set_resolved_by_age: 'Resolved by age',
  set_unresolved: 'Reopened',
  set_ignored: 'Ignored',
  set_regression: 'Regressed',
  assigned: 'Assigned',
  unassigned: 'Unassigned',
  note: 'Commented',
  merge: 'Merged',
};

/** `Regressed in 2.14.3`, `Resolved by Ada`. */
export function activityText(activity: Activity): string {
  const type = activity.type.toLowerCase();
  const words = WORDS[type] ?? type.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
  const version = activity.data.version;
  const who = activity.user?.name || activity.user?.email;
  return words + (typeof version === 'string' && version ? ` in ${version}` : '') + (who ? ` by ${who}` : '');
}
