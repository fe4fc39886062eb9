import type { Breadcrumb, Frame } from './api/types';
import { holdsWord, readLit } from './lit';
import { findWords } from './match-ranges';
import { router } from './router.svelte';

/** What the address asks to be lit. What is folded opens where it holds some of it. */
class LitState {
  #lit = $derived(readLit(router.query));
  #lower = $derived(this.#lit.words.map((word) => word.toLowerCase()));

  words = $derived(this.#lit.words);
  tags = $derived(this.#lit.tags);
  at = $derived(this.#lit.at);
  any = $derived(this.#lit.words.length > 0 || this.#lit.tags.length > 0);

  holds(value: unknown): boolean {
    return holdsWord(this.#lower, value);
  }

  /** By what a search looks at: not its variables, nor the lines around. */
  holdsFrame(frame: Frame): boolean {
    const line = frame.context.find(([number]) => number === frame.lineNo)?.[1];
    return this.holds([frame.function, frame.module, frame.filename, frame.absPath, line]);
  }

  holdsCrumb(crumb: Breadcrumb): boolean {
    return this.holds([crumb.message, crumb.category, crumb.data]);
  }

  /** From 1: a minified line is shown around it. */
  columnIn(text: string): number | null {
    const first = findWords(text, this.words)[0];
    return first ? first[0] + 1 : null;
  }

  hasTag(key: string): boolean {
    return this.#lit.tags.includes(key);
  }
}

export const lit = new LitState();
