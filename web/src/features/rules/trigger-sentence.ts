import type { AlertTrigger, ReleaseMetric } from '$lib/api/alert-types';
import { formatCount } from '$lib/number-format';
import { spanText } from './spans';

export type TriggerType = AlertTrigger['type'];

/** What of a trigger is chosen: the number, stretch or choice that stands in its sentence. */
export type Slot =
  | 'factor'
  | 'windowMinutes'
  | 'moreThan'
  | 'metric'
  | 'bound'
  | 'sessionsMin'
  | 'transaction'
  | 'milliseconds'
  | 'minutes'
  | 'percent'
  | 'atLeast'
  | 'perMinute'
  | 'below';
export type Part = { text: string } | { slot: Slot };

/** What each kind looks for, as the end of “Tell when …”. */
const SENTENCES: Record<TriggerType, string> = {
  new_issue: 'an issue is seen for the first time',
  regression: 'a resolved issue comes back, or an archived one as it was to',
  spike: 'an issue is seen {factor} times as often as is usual at that hour, within {windowMinutes}',
  events: 'an issue has more than {moreThan} events within {windowMinutes}',
  users: 'an issue meets more than {moreThan} users within {windowMinutes}',
  fix_failed: 'an issue is still seen after its fix was deployed',
  release: '{metric} {bound} percent, of at least {sessionsMin} sessions',
  verdict_worse: 'the verdict on a release is that it made things worse',
  silence: 'a project has sent nothing for {factor} times its usual gap at that hour',
  transaction_p95: 'the p95 of {transaction} is above {milliseconds} ms over {minutes}',
  transaction_failure_rate:
    'more than {percent} percent of {transaction} fail over {minutes}, of at least {atLeast}',
  transaction_throughput: '{transaction} runs {below} than {perMinute} times a minute over {minutes}',
  own: 'LightTrace itself is in trouble: events wait, the disk fills up, messages fail',
};

export const METRICS: { value: ReleaseMetric; label: string }[] = [
  { value: 'crash_free_sessions', label: 'crash-free sessions of a release are below' },
  { value: 'crash_free_users', label: 'crash-free users of a release are below' },
  { value: 'error_rate', label: 'the error rate of a release is above' },
];

/** `below`, as it reads in the sentence. */
export const SIDES: { value: string; label: string }[] = [
  { value: 'true', label: 'less often' },
  { value: 'false', label: 'more often' },
];

/** Where no name is given. */
export const ANY_TRANSACTION = 'any transaction';

export function triggerParts(type: TriggerType): Part[] {
  const pieces = SENTENCES[type].split(/\{(\w+)\}/);
  return pieces
    .map((piece, index): Part => (index % 2 ? { slot: piece as Slot } : { text: piece }))
    .filter((part) => !('text' in part) || part.text !== '');
}

/** Numbers that are bounds: rounded they would be others. */
const EXACT = new Set<Slot>(['bound', 'percent', 'milliseconds', 'perMinute']);

/** The value in a slot as it reads in the sentence. */
function slotText(trigger: AlertTrigger, slot: Slot): string {
  const value = (trigger as Partial<Record<Slot, number | string | boolean>>)[slot];
  if (slot === 'metric') return METRICS.find((one) => one.value === value)?.label ?? '';
  if (slot === 'below') return SIDES.find((one) => one.value === `${value ?? false}`)?.label ?? '';
  if (slot === 'transaction') return value ? `“${value}”` : ANY_TRANSACTION;
  if (typeof value !== 'number') return '';
  if (slot === 'windowMinutes' || slot === 'minutes') return spanText(value);
  return EXACT.has(slot) ? `${value}` : formatCount(value);
}

/** The whole sentence: `an issue has more than 100 events within 1 h`. */
export const triggerText = (trigger: AlertTrigger): string =>
  triggerParts(trigger.type)
    .map((part) => ('text' in part ? part.text : slotText(trigger, part.slot)))
    .join('');

const ABOUT_ISSUES = new Set<TriggerType>([
  'new_issue',
  'regression',
  'spike',
  'events',
  'users',
  'fix_failed',
]);

/** Whether a query narrows it: only issues are found by one. */
export const isAboutIssues = (type: TriggerType): boolean => ABOUT_ISSUES.has(type);

const NOT_LOOKED_BACK = new Set<TriggerType>(['users', 'fix_failed', 'verdict_worse', 'own']);

/** Whether the server can say when it would have been met: of the others too little is kept, and its note says what. */
export const canLookBack = (type: TriggerType): boolean => !NOT_LOOKED_BACK.has(type);

/** Whether it is about projects at all. */
export const isAboutProjects = (type: TriggerType): boolean => type !== 'own';
