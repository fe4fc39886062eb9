import type { NotificationWishes, Severity, WishesEdit } from '$lib/api/alert-types';
import { type Digest, digestCron, readDigest } from './digest';

/** What the form holds: what is off keeps its last values until it is on again. */
export interface WishesDraft {
  email: boolean;
  someProjects: boolean;
  projects: string[];
  severityMin: Severity;
  timeZone: string;
  quiet: boolean;
  quietFrom: string;
  quietTo: string;
  letThrough: Severity;
  digest: Digest;
}

/**
 * `zone` is the browser's. It stands there from the start where the saved one has not meant anything yet: then nobody has
 * to know that times are of UTC unless they say otherwise.
 */
export function draftOf(wishes: NotificationWishes, zone: string): WishesDraft {
  const { email, projects, severityMin, quietHours, digest } = wishes;
  const mattered = wishes.timeZone !== 'UTC' || quietHours !== null || digest !== null;
  return {
    email,
    someProjects: projects !== null,
    projects: projects ?? [],
    severityMin,
    timeZone: mattered ? wishes.timeZone : zone,
    quiet: quietHours !== null,
    quietFrom: quietHours?.from ?? '22:00',
    quietTo: quietHours?.to ?? '07:00',
    letThrough: quietHours?.letThrough ?? 'critical',
    digest: readDigest(digest),
  };
}

export function wishesOf(draft: WishesDraft): WishesEdit {
  const { email, severityMin, timeZone, quietFrom, quietTo, letThrough } = draft;
  return {
    email,
    projects: draft.someProjects ? draft.projects : null,
    severityMin,
    timeZone,
    quietHours: draft.quiet ? { from: quietFrom, to: quietTo, letThrough } : null,
    digest: digestCron(draft.digest),
  };
}

/** All zones that the browser knows, with the chosen one among them. */
export function zones(chosen: string): { value: string; label: string }[] {
  const known = new Set([chosen, 'UTC', ...Intl.supportedValuesOf('timeZone')]);
  return [...known].sort().map((name) => ({ value: name, label: name.replaceAll('_', ' ') }));
}
