import { createSearch, deleteSearch, listSearches, updateSearch } from '$lib/api/searches';
import type { SavedSearch, SearchUpdate } from '$lib/api/types';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';
import { toasts } from '$lib/toasts.svelte';

/** The searches that this person keeps, and those that all share. */
export class SavedSearches {
  #list = new Resource<SavedSearch[]>();

  get all(): SavedSearch[] {
    return this.#list.data ?? [];
  }

  load() {
    return this.#list.load('saved searches', (signal) => listSearches(session.org, 'issues', signal));
  }

  create = (body: SearchUpdate) =>
    this.#do(`“${body.name}” is saved`, () => createSearch(session.org, { type: 0, ...body }));

  update = (id: string, body: SearchUpdate) => this.#do('Saved', () => updateSearch(session.org, id, body));

  remove = (search: SavedSearch) =>
    this.#do(
      `“${search.name}” is deleted`,
      () => deleteSearch(session.org, search.id),
      // It comes back under another number, which nothing but its address knew.
      () =>
        void this.create({
          name: search.name,
          query: search.query,
          sort: search.sort,
          visibility: search.visibility,
        }),
    );

  /** Whether the server did it. */
  async #do(done: string, ask: () => Promise<unknown>, undo?: () => void): Promise<boolean> {
    try {
      await ask();
    } catch (cause) {
      toasts.fail(cause);
      return false;
    }
    toasts.show(done, { undo });
    await this.load();
    return true;
  }
}
