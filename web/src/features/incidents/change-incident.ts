import type { Incident, IncidentChange, IncidentDetails } from '$lib/api/alert-types';
import { changeIncident } from '$lib/api/incidents';
import { openIncidents } from '$lib/open-incidents.svelte';
import { session } from '$lib/session.svelte';
import { toasts } from '$lib/toasts.svelte';
import { changedText } from './incident-text';

/** Does what a person asked for and says so; a status can be taken back. Nothing comes back where it failed. */
export async function applyChange(
  incident: Incident,
  change: IncidentChange,
  onundo: (back: IncidentDetails) => void,
): Promise<IncidentDetails | undefined> {
  try {
    const changed = await changeIncident(session.org, incident.id, change);
    void openIncidents.load();
    const before = incident.status;
    const undo =
      change.status && change.status !== before
        ? () => void applyChange(changed, { status: before }, onundo).then((back) => back && onundo(back))
        : undefined;
    const owner = changed.owner && `${changed.owner.name}’s`;
    toasts.show(changedText(incident.id, change, owner ?? undefined), { undo });
    return changed;
  } catch (cause) {
    toasts.fail(cause);
    return undefined;
  }
}
