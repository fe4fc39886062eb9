import type { NotificationTarget } from '$lib/api/alert-types';
import type { Assignable } from '$lib/api/types';

/** Whom a rule can tell: kinds of people, people by name, channels. Channels carry a prefix of ours in a list of all. */
export interface RecipientOption {
  value: string;
  label: string;
  note: string;
}

const TARGET = 'target:';
const NAMES_MAX = 4;

const KINDS: RecipientOption[] = [
  { value: 'everyone', label: 'everyone', note: 'all who see the project' },
  { value: 'assignee', label: 'the assignee', note: 'whose issue it is' },
  { value: 'admins', label: 'admins', note: 'who run this server' },
];

export function recipientOptions(people: Assignable[], targets: NotificationTarget[]): RecipientOption[] {
  return [
    ...KINDS,
    ...targets.map(({ id, name, type, enabled }) => ({
      value: TARGET + id,
      label: name,
      note: enabled ? type : `${type}, off`,
    })),
    ...people.map(({ id, name, email }) => ({
      value: id,
      label: name || email,
      note: name ? email : 'by mail',
    })),
  ];
}

interface Told {
  people: string[];
  targets: string[];
}

export const chosenRecipients = ({ people, targets }: Told): string[] => [
  ...people,
  ...targets.map((id) => TARGET + id),
];

export const splitRecipients = (chosen: string[]): Told => ({
  people: chosen.filter((one) => !one.startsWith(TARGET)),
  targets: chosen.filter((one) => one.startsWith(TARGET)).map((one) => one.slice(TARGET.length)),
});

/** `everyone and #ops`; beyond a few their number. Who is gone is left out. */
export function toldText(told: Told, options: RecipientOption[]): string {
  const names = chosenRecipients(told).flatMap(
    (value) => options.find((one) => one.value === value)?.label ?? [],
  );
  if (names.length === 0) return 'nobody';
  if (names.length > NAMES_MAX)
    return `${names.slice(0, NAMES_MAX - 1).join(', ')} and ${names.length - NAMES_MAX + 1} more`;
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');
}
