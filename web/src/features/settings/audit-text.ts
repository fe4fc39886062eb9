import type { AuditRow } from '$lib/api/types';
import { nameBrowser } from '$lib/user-agent';

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
  'auth.sign-out': 'signed out of',
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
  'artifact-bundle.remove': 'removed the source maps',
  'release.remove': 'removed the release',
  'repo.add': 'named the repository',
  'repo.edit': 'changed the repository',
  'repo.remove': 'removed the repository',
  'code-mapping.add': 'mapped paths of stacks:',
  'code-mapping.edit': 'changed a mapping of paths:',
  'code-mapping.remove': 'removed a mapping of paths:',
  'rule.create': 'made the alert rule',
  'rule.edit': 'changed the alert rule',
  'rule.remove': 'deleted the alert rule',
  'incident.edit': 'worked on',
  'notification-target.create': 'added the channel',
  'notification-target.edit': 'changed the channel',
  'notification-target.remove': 'removed the channel',
  'org.edit': 'changed the organization:',
};

/** The same of what people did to themselves. */
const OWN: Record<string, string> = {
  'member.add': 'made the first account',
  'member.accept-invite': 'accepted their invitation',
  'member.edit': 'changed their own access',
  'member.remove': 'left',
  'auth.sign-in': 'signed in',
  'auth.sign-in-failed': 'failed to sign in',
  'auth.sign-out': 'signed out',
  'session.end': 'signed out',
  'password.change': 'changed their password',
  'password.change-failed': 'gave a wrong password to change theirs',
  'user.edit': 'changed their name',
};

/** What was done, and to what, unless it was to the actor. */
export function auditWords(row: AuditRow): { verb: string; target: string } {
  const own = OWN[row.event];
  if (own && row.note === row.actorLabel) return { verb: own, target: '' };
  const target = /^(session\.end|auth\.sign-out)$/.test(row.event) ? nameBrowser(row.note) : row.note;
  return { verb: WORDS[row.event] ?? row.event, target };
}

export const auditWho = (row: AuditRow): string => row.actor?.name || row.actorLabel || 'Somebody unknown';

const NOUNS: Record<string, string> = {
  'api-key': 'API token',
  'artifact-bundle': 'source maps',
  auth: 'account',
  org: 'organization',
  projectkey: 'key',
  'notification-target': 'channel',
  repo: 'repository',
  rule: 'alert rule',
  savedsearch: 'saved search',
};

/** A kind of entry as one chooses it: `api-key.create` is “API token: create”. */
export function auditKind(event: string): string {
  const [noun = '', verb = ''] = event.split('.');
  const name = NOUNS[noun] ?? noun.replaceAll('-', ' ');
  const text = `${name}: ${verb.replaceAll('-', ' ')}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
