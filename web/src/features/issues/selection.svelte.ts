import { SvelteSet } from 'svelte/reactivity';

/** Which rows are selected: some of the page, or everything that the search finds. */
export class Selection {
  readonly ids = new SvelteSet<string>();
  /** Also what is not on this page. */
  everything = $state(false);
  #anchor: string | undefined;

  has(id: string): boolean {
    return this.everything || this.ids.has(id);
  }

  get none(): boolean {
    return !this.everything && this.ids.size === 0;
  }

  toggle(id: string, on = !this.ids.has(id)) {
    this.everything = false;
    if (on) this.ids.add(id);
    else this.ids.delete(id);
    this.#anchor = id;
  }

  /** Selects from the row that was toggled last to this one, in the order of `page`. */
  extendTo(id: string, page: string[]) {
    const from = page.indexOf(this.#anchor ?? id);
    const to = page.indexOf(id);
    if (from < 0 || to < 0) return this.toggle(id, true);
    for (const one of page.slice(Math.min(from, to), Math.max(from, to) + 1)) this.ids.add(one);
  }

  /** Rows that have left the page are no longer selected. */
  keep(page: string[]) {
    for (const id of this.ids) if (!page.includes(id)) this.ids.delete(id);
  }

  clear() {
    this.everything = false;
    this.ids.clear();
    this.#anchor = undefined;
  }
}
