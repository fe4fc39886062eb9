import type { IncidentStep, Notification } from '$lib/api/alert-types';
import { plural } from '$lib/number-format';

/** How often it was tried, where that says something. */
export function triesText({ attempts, state }: Pick<Notification, 'attempts' | 'state'>): string {
  if (attempts === 0) return state === 'waiting' ? 'not tried yet' : 'never tried';
  return attempts === 1 && state === 'delivered' ? '' : plural(attempts, 'try', 'tries');
}

/** Failed ones are what somebody has to do something about. */
export const needsSomebody = ({ state }: Pick<Notification, 'state'>): boolean => state === 'failed';

/** Those that failed first, else in the order that they came in. */
export const failedFirst = (notifications: Notification[]): Notification[] =>
  notifications.toSorted((a, b) => Number(needsSomebody(b)) - Number(needsSomebody(a)));

const STEPS: Record<IncidentStep, string> = {
  opened: 'Opened',
  joined: 'More joined',
  raised: 'More severe',
  acknowledged: 'Acknowledged',
  reopened: 'Reopened',
  resolved: 'Resolved',
};

/** What it told of an incident; empty of anything else. */
export const stepText = ({ step }: Notification['about']): string => (step ? STEPS[step] : '');

/** Whoever it was for may be gone. */
export const recipientName = ({ name, type }: Notification['recipient']): string =>
  name || (type === 'person' ? 'somebody who is gone' : 'a channel that is gone');
