import type { AlertActor, Incident, IncidentChange, IncidentStatus } from '$lib/api/alert-types';
import { plural } from '$lib/number-format';
import { severityOf } from '$lib/severity';
import { formatDuration, formatStretch } from '$lib/time-format';
import type { Tone } from '$lib/level';

export const STATUS_TONES: Record<IncidentStatus, Tone | 'ok'> = {
  open: 'error',
  acknowledged: 'warn',
  resolved: 'ok',
};

/** Who did something; nobody is the server itself. */
export const actorName = (actor: AlertActor | null): string => {
  if (!actor) return 'LightTrace';
  return actor.type === 'target' ? `somebody in ${actor.name}` : actor.name || 'somebody';
};

const after = (seconds: number | null) => (seconds === null ? '' : ` after ${formatDuration(seconds)}`);

/** What holds now, as a sentence: `Acknowledged by Ada after 4 min`. `now` in milliseconds. */
export function statusText(incident: Incident, now: number): string {
  switch (incident.status) {
    case 'open': {
      const since = (now - Date.parse(incident.opened)) / 1000;
      const again =
        incident.reopened > 0
          ? `, reopened ${incident.reopened === 1 ? 'once' : plural(incident.reopened, 'time')}`
          : '';
      return `Open for ${formatDuration(Math.max(0, since))}, nobody has acknowledged it${again}`;
    }
    case 'acknowledged':
      return `Acknowledged by ${actorName(incident.acknowledgedBy)}${after(incident.timeToAcknowledgeSeconds)}`;
    case 'resolved': {
      const how = incident.resolvedBy ? `Resolved by ${actorName(incident.resolvedBy)}` : 'Over by itself';
      return `${how}${after(incident.timeToResolveSeconds)}`;
    }
  }
}

/** `until 24 Nov, 14:05`, `until 25 users met it`; empty where it is not muted. */
export function mutedText({ muted }: Pick<Incident, 'muted'>): string {
  if (!muted) return '';
  const ways = [
    muted.until ? formatStretch(Date.parse(muted.until)) : '',
    muted.untilUsers === null ? '' : `${plural(muted.untilUsers, 'user')} met it`,
  ];
  return `until ${ways.filter(Boolean).join(' or ')}`;
}

/** What a change did, for whoever made it. */
export function changedText(id: string, change: IncidentChange, owner?: string): string {
  const what = `Incident #${id}`;
  if (change.status === 'open') return `${what} is open again`;
  if (change.status) return `${what} is ${change.status}`;
  if (change.owner !== undefined)
    return change.owner ? `${what} is ${owner ?? 'theirs'}` : `${what} is nobody’s`;
  if (change.severity) return `${what} is of ${severityOf(change.severity).label.toLowerCase()} severity`;
  if (change.mute !== undefined) return change.mute ? `${what} is muted` : `${what} is not muted any more`;
  return `${what} is changed`;
}
