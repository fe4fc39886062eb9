/** Each may do all that those before it may. The server decides; this only keeps from offering what it refuses. */
export const ROLES = [
  { value: 'viewer', label: 'Viewer', may: 'Reads everything in their projects.' },
  { value: 'member', label: 'Member', may: 'Works on issues: resolves, assigns, comments.' },
  { value: 'admin', label: 'Admin', may: 'Also changes projects, keys and settings, and invites people.' },
  { value: 'owner', label: 'Owner', may: 'Everything. There is always one.' },
] as const;

export type Role = (typeof ROLES)[number]['value'];

const rank = (role: string | undefined) => ROLES.findIndex(({ value }) => value === role);

export const reaches = (role: string | undefined, wanted: Role): boolean => rank(role) >= rank(wanted);

/** Whether somebody with a role may give another one or take it away. */
export function governs(role: string | undefined, other: string): boolean {
  return role === 'owner' || (role === 'admin' && rank(other) < rank('owner'));
}

export const roleLabel = (role: string): string => ROLES.find(({ value }) => value === role)?.label ?? role;
