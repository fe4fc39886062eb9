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

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `Regressed in 2.14.3`, `Assigned to Mia by Ada`, `Reopened by Ada (undo)`. */
export function activityText(activity: Activity): string {
  const type = activity.type.toLowerCase();
  const words = WORDS[type] ?? type.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
  const { release, version, assigneeName, assignee, undo } = activity.data;
  const where = text(version) || text(release);
  if (type === 'assigned' && activity.user && activity.user.id === assignee) {
    return `Taken by ${activity.user.name || activity.user.email}${undo === true ? ' (undo)' : ''}`;
  }
  const whom = type === 'assigned' ? text(assigneeName) || `user ${text(assignee)}` : '';
  const who = activity.user?.name || activity.user?.email;
  return (
    words +
    (whom ? ` to ${whom}` : '') +
    (where ? ` in ${where}` : '') +
    (who ? ` by ${who}` : '') +
    (undo === true ? ' (undo)' : '')
  );
}
