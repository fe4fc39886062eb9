import type { DeliveryState } from './api/alert-types';
import type { Tone } from './level';

/** What became of a message. */
export const DELIVERY_STATES: Record<DeliveryState, { label: string; tone: Tone | 'ok'; about: string }> = {
  waiting: { label: 'waiting', tone: 'info', about: 'It is tried, or tried again, when its time comes' },
  delivered: { label: 'delivered', tone: 'ok', about: 'The other side took it over' },
  failed: { label: 'failed', tone: 'error', about: 'It was tried as often as is tried' },
  dropped: { label: 'dropped', tone: 'plain', about: 'There was no need any more, or no way' },
};
