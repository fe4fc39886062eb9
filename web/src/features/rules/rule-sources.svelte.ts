import type { NotificationTarget } from '$lib/api/alert-types';
import { listTargets } from '$lib/api/notifications';
import { people } from '$lib/people.svelte';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';

/** Whom a rule can tell: fetched once its form opens. */
export class RuleSources {
  #targets = new Resource<NotificationTarget[]>();

  load() {
    people.load();
    void this.#targets.load('notification targets', (signal) => listTargets(session.org, signal));
  }

  get people() {
    return people.list.data ?? [];
  }

  get targets() {
    return this.#targets.data ?? [];
  }

  /** Before, nobody can be told by name. */
  get ready(): boolean {
    return !!people.list.data && !!this.#targets.data;
  }

  stop() {
    this.#targets.stop();
  }
}
