import type { Entry, EventNote, EventUser, IssueEvent } from './api/types';
import { releasePath } from './project-paths';

type EntryData<Type extends Entry['type']> = Extract<Entry, { type: Type }>['data'];

/** The first entry of a kind, typed by that kind. */
export function findEntry<Type extends Entry['type']>(
  event: IssueEvent,
  type: Type,
): EntryData<Type> | undefined {
  return event.entries.find((entry) => entry.type === type)?.data as EntryData<Type> | undefined;
}

/** What was corrected or left out; what frames lack they say themselves. */
export const notesOf = ({ errors }: Pick<IssueEvent, 'errors'>): EventNote[] =>
  errors.filter(({ type }) => !type.startsWith('js_'));

export const userName = (user: EventUser | null | undefined): string =>
  user?.email || user?.username || user?.name || user?.id || user?.ip_address || '';

const word = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** `Chrome 141.0` of a context with a name and a version. */
function named(context: Record<string, unknown> | undefined): string {
  return [word(context?.name), word(context?.version)].filter(Boolean).join(' ');
}

/** The zone of the device, where the SDK told it. */
export const zoneOf = (event: IssueEvent): string | undefined =>
  word(event.contexts.culture?.timezone) || word(event.contexts.device?.timezone) || undefined;

interface Highlight {
  label: string;
  value: string;
  href?: string;
}

/** Who and what, in a handful of words: the first thing one looks for. */
export function eventHighlights(event: IssueEvent): Highlight[] {
  const { contexts } = event;
  const version = event.release?.version;
  const highlights: Highlight[] = [
    { label: 'User', value: userName(event.user) },
    { label: 'Release', value: version ?? '', href: version && releasePath(version) },
    { label: 'Environment', value: event.environment ?? '' },
    { label: 'Browser', value: named(contexts.browser) },
    { label: 'Runtime', value: named(contexts.runtime) },
    { label: 'OS', value: named(contexts.os) || named(contexts.client_os) },
    { label: 'Device', value: word(contexts.device?.model) || word(contexts.device?.name) },
  ];
  return highlights.filter(({ value }) => value !== '');
}

/** Contexts whose names are spelled in their own way. */
const CONTEXT_NAMES: Record<string, string> = {
  os: 'OS',
  client_os: 'Client OS',
  gpu: 'GPU',
  otel: 'OpenTelemetry',
};

export const contextName = (key: string): string =>
  CONTEXT_NAMES[key] ?? (key.charAt(0).toUpperCase() + key.slice(1)).replaceAll('_', ' ');
