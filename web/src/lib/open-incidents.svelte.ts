import { listIncidents } from './api/incidents';
import { live } from './api/live.svelte';
import { session } from './session.svelte';

/** Beside what the stream tells: an incident may open while it is down. */
const ASK_EVERY_MS = 30_000;

/** How many incidents nobody has acknowledged: what the navigation shows, wherever one is. */
class OpenIncidents {
  count = $state(0);
  /** There are more than a page of them. */
  more = $state(false);
  #asking: AbortController | undefined;

  async load(): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const { incidents, links } = await listIncidents(session.org, { status: 'open' }, asking.signal);
      this.count = incidents.length;
      this.more = !!links.next;
    } catch {
      // What was known stays; the page of incidents says what is wrong.
    }
  }

  /** The answer stops it. */
  follow(): () => void {
    void this.load();
    const timer = setInterval(() => document.hidden || void this.load(), ASK_EVERY_MS);
    const stop = live.onIncidents(() => void this.load());
    return () => (clearInterval(timer), stop(), this.#asking?.abort());
  }

  /** `3`, `50+`; empty where there is none. */
  get label(): string {
    return this.count === 0 ? '' : `${this.count}${this.more ? '+' : ''}`;
  }
}

export const openIncidents = new OpenIncidents();
