import type { AuditRow } from '$lib/api/types';

const WORDS: Record<string, string> = {
  'member.invite': 'invited',
  'member.reinvite': 'made a new link for',
  'member.accept-invite': 'accepted the invitation of',
  'member.add': 'added',
  'member.edit': 'changed',
  'member.remove': 'removed',
  'member.revoke-invite': 'revoked the invitation of',
  'auth.sign-in': 'signed in',
  'auth.sign-in-failed': 'failed to sign in as',
  'auth.sign-out': 'signed out',
  'session.end': 'ended the session of',
  'password.change': 'changed the password of',
  'password.change-failed': 'gave a wrong current password for',
  'password.reset': 'reset the password of',
  'user.edit': 'renamed',
  'api-key.create': 'made the API token',
  'api-key.remove': 'removed the API token',
  'project.create': 'made the project',
  'project.edit': 'changed the project',
  'project.remove': 'removed the project',
  'projectkey.create': 'made a key:',
  'projectkey.edit': 'changed a key:',
  'projectkey.remove': 'removed a key:',
  'issue.edit': 'changed',
  'issue.delete': 'removed',
  'savedsearch.create': 'saved a search',
  'savedsearch.edit': 'changed a saved search',
  'savedsearch.remove': 'removed a saved search',
  'org.edit': 'changed the organization:',
};

/** What the actor did, between the name and the target. */
export const auditVerb = (event: string): string => WORDS[event] ?? event;

/** The target is said only where it says more than the actor does. */
export function auditTarget(row: AuditRow): string {
  if (['auth.sign-in', 'auth.sign-out'].includes(row.event)) return '';
  return row.note === row.actorLabel && row.event !== 'member.add' ? 'themselves' : row.note;
}

export const auditWho = (row: AuditRow): string => row.actor?.name || row.actorLabel || 'Somebody unknown';
