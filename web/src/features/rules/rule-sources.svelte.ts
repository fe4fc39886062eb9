import type { NotificationTarget, NotificationWishes } from '$lib/api/alert-types';
import { getWishes, listTargets } from '$lib/api/notifications';
import { people } from '$lib/people.svelte';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';

/** Whom a rule can tell: fetched once its form opens. */
export class RuleSources {
  #targets = new Resource<NotificationTarget[]>();
  #wishes = new Resource<NotificationWishes>();

  load() {
    people.load();
    void this.#targets.load('notification targets', (signal) => listTargets(session.org, signal));
    void this.#wishes.load('notification wishes', (signal) => getWishes(signal));
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

  /** No mail is sent and no channel is on: whatever rules say, nothing leaves this server. */
  get tellsNobody(): boolean {
    const { data } = this.#targets;
    return this.#wishes.data?.isMailSetUp === false && !!data && !data.some(({ enabled }) => enabled);
  }

  stop() {
    this.#wishes.stop();
    this.#targets.stop();
  }
}
