import type { IncidentChange, IncidentDetails, Moment } from '$lib/api/alert-types';
import { addIncidentNote, getIncident, listMoments } from '$lib/api/incidents';
import { live } from '$lib/api/live.svelte';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';
import { toasts } from '$lib/toasts.svelte';
import { applyChange } from './change-incident';

/** Users and deliveries move without the stream telling of each. */
const REFRESH_EVERY_MS = 10_000;

/** What an incident's page shows: the incident and its timeline. */
export class IncidentPage {
  incident = new Resource<IncidentDetails>();
  timeline = new Resource<Moment[]>();
  #id = '';

  load(id: string) {
    this.#id = id;
    void this.incident.load(`incident ${id}`, (signal) => getIncident(session.org, id, signal));
    void this.timeline.load(`timeline ${id}`, (signal) => listMoments(session.org, id, signal));
  }

  reload = () => this.load(this.#id);

  /** Keeps both true while they are looked at; the answer stops it. */
  follow(): () => void {
    const timer = setInterval(() => {
      if (!document.hidden && !this.incident.loading) this.reload();
    }, REFRESH_EVERY_MS);
    const stop = live.onIncidents(this.reload);
    return () => (clearInterval(timer), stop(), this.incident.stop(), this.timeline.stop());
  }

  async change(change: IncidentChange) {
    const shown = this.incident.data;
    if (!shown) return;
    if (await applyChange(shown, change, this.reload)) this.reload();
  }

  /** Whether it was taken. */
  async note(text: string): Promise<boolean> {
    try {
      await addIncidentNote(session.org, this.#id, text);
    } catch (cause) {
      toasts.fail(cause);
      return false;
    }
    this.reload();
    return true;
  }
}
