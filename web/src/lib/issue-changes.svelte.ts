import { changeIssues, undoChange, type IssueEdit, type IssueTarget } from './api/issues';
import type { ChangeAnswer } from './api/types';
import { changeText, undoneText } from './change-text';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

/** Changes issues at the server, says so, and knows the way back: the toast's button, `z` or ⌘Z. */
class IssueChanges {
  #last: { undo: string; toast: number } | null = null;
  #listeners = new Set<() => void>();

  /** `name` is the short id where it is one issue. Null when the server refused. */
  async apply(target: IssueTarget, edit: IssueEdit, name?: string): Promise<ChangeAnswer | null> {
    try {
      const answer = await changeIssues(session.org, target, edit);
      const text = changeText(edit, answer, name);
      if (answer.undo) {
        const undo = answer.undo;
        const toast = toasts.show(text, { undo: () => void this.#undo(undo) });
        this.#last = { undo, toast };
      } else toasts.show(text);
      return answer;
    } catch (cause) {
      toasts.fail(cause, 'Nothing was changed');
      return null;
    }
  }

  /** Takes back what was done last. */
  undo() {
    if (!this.#last) return;
    toasts.dismiss(this.#last.toast);
    void this.#undo(this.#last.undo);
  }

  /** Called when something was taken back: what a page shows is no longer so. */
  onUndo(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #undo(undo: string) {
    if (this.#last?.undo === undo) this.#last = null;
    try {
      toasts.show(undoneText(await undoChange(session.org, undo)));
    } catch (cause) {
      toasts.fail(cause, 'It could not be undone');
    }
    for (const listener of this.#listeners) listener();
  }
}

export const issueChanges = new IssueChanges();
