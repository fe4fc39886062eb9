import { apiPath } from './http';
import type { LiveUpdate } from './types';

type Listener = (update: LiveUpdate) => void;

/** One stream of "these issues are new, these have changed, there is news of incidents", shared by whoever listens. */
class Live {
  /** False while the stream is down; the browser reconnects by itself. */
  connected = $state(false);
  #source: EventSource | undefined;
  #listeners = new Set<Listener>();
  #incidents = new Set<() => void>();

  open(org: string) {
    this.close();
    const source = new EventSource(apiPath`/organizations/${org}/live/`);
    source.addEventListener('open', () => (this.connected = true));
    source.addEventListener('error', () => (this.connected = false));
    source.addEventListener('issues', (message: MessageEvent<string>) => {
      const update = parseUpdate(message.data);
      if (update) for (const listener of this.#listeners) listener(update);
    });
    source.addEventListener('incidents', () => {
      for (const listener of this.#incidents) listener();
    });
    this.#source = source;
  }

  close() {
    this.#source?.close();
    this.#source = undefined;
    this.connected = false;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whenever some incident has opened or changed. */
  onIncidents(listener: () => void): () => void {
    this.#incidents.add(listener);
    return () => this.#incidents.delete(listener);
  }
}

function parseUpdate(text: string): LiveUpdate | null {
  try {
    const data = JSON.parse(text) as Partial<LiveUpdate>;
    const ids = (list: unknown) => (Array.isArray(list) ? list.map(String) : []);
    return { new: ids(data.new), updated: ids(data.updated) };
  } catch {
    return null;
  }
}

export const live = new Live();
