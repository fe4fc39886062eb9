import { suggest } from '$lib/api/search';
import { recentSearches } from '$lib/recent-searches';
import { session } from '$lib/session.svelte';
import { charactersBefore, mergeOffers, type Offer, offersOf, recentOffers } from './completion';

/** While somebody types, the server is asked no more often than this. */
const ASK_AFTER_MS = 120;

/** The offers under a search box: asked for while typing, and never an answer to older words. */
export class Offers {
  list = $state.raw<Offer[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked: AbortController | undefined;

  ask(text: string, caret: number, about: { project: string; scope: 'issues' | 'events' }) {
    this.#cancel();
    const recent = recentOffers(recentSearches(), text);
    if (!text) this.list = recent;
    this.#timer = setTimeout(() => void this.#askServer(text, caret, recent, about), ASK_AFTER_MS);
  }

  close() {
    this.#cancel();
    this.list = [];
  }

  #cancel() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
  }

  async #askServer(
    text: string,
    caret: number,
    recent: Offer[],
    about: { project: string; scope: 'issues' | 'events' },
  ) {
    const asked = new AbortController();
    this.#asked = asked;
    try {
      const position = charactersBefore(text, caret);
      const answer = await suggest(session.org, { query: text, position, ...about }, asked.signal);
      if (!asked.signal.aborted) this.list = mergeOffers(offersOf(text, answer), recent);
    } catch {
      // Searching works without being helped.
      if (!asked.signal.aborted) this.list = recent;
    }
  }
}
