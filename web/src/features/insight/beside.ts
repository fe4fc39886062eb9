import type { ComparedGroup, LocalEvent } from '$lib/api/insight-types';

/** An event that another is held against. */
export interface Other {
  project: string;
  event: string;
}

const EVENT_ID = /[0-9a-f]{32}/i;

/** As the address holds it: `shop:0123…`. */
export const besideOf = ({ project, event }: Other): string => `${project}:${event}`;

export function readBeside(text: string): Other | null {
  const [, project, event] = /^([\w-]+):([0-9a-f]{32})$/i.exec(text) ?? [];
  return project && event ? { project, event: event.toLowerCase() } : null;
}

/** An event's id from what was pasted: the id alone, dashed as UUIDs are, or the address of its page. */
export function pastedEvent(text: string): string | null {
  const plain = EVENT_ID.exec(text) ?? EVENT_ID.exec(text.replaceAll('-', ''));
  return plain ? plain[0].toLowerCase() : null;
}

/** What an event is called in a list to choose from. */
export const localLabel = ({ environment, title }: LocalEvent): string =>
  [environment ?? 'no environment', title].join(' · ');

/** The groups with something to show: what differs, or all of it. */
export const shownGroups = (groups: ComparedGroup[], all: boolean): ComparedGroup[] =>
  groups
    .map((group) => ({ ...group, rows: all ? group.rows : group.rows.filter(({ same }) => !same) }))
    .filter(({ rows }) => rows.length > 0);

/** How many rows of all groups are alike. */
export const sameOf = (groups: ComparedGroup[]): number => groups.reduce((sum, { same }) => sum + same, 0);
