import { changeIssues, undoChange, type IssueTarget } from './api/issues';
import { type IssueEdit, mergeIssues, unmergeHashes } from './api/triage';
import type { ChangeAnswer, Issue } from './api/types';
import { changeText, undoneText } from './change-text';
import { plural } from './number-format';
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
      this.#say(changeText(edit, answer, name), answer.undo);
      return answer;
    } catch (cause) {
      toasts.fail(cause, 'Nothing was changed');
      return null;
    }
  }

  /** Makes one issue of several; its id, or null when the server refused. */
  async merge(issues: Issue[]): Promise<string | null> {
    try {
      const ids = issues.map(({ id }) => id);
      const { merge, undo } = await mergeIssues(session.org, ids);
      const parent = issues.find(({ id }) => id === merge?.parent);
      const count = plural(merge?.children.length ?? 0, 'issue');
      this.#say(`${count} merged into ${parent?.shortId ?? 'one'}`, undo);
      return merge?.parent ?? null;
    } catch (cause) {
      toasts.fail(cause, 'Nothing was merged');
      return null;
    }
  }

  /** Takes groups out of an issue. Whether the server did. */
  async unmerge(issue: string, hashes: string[]): Promise<boolean> {
    try {
      const { issues, undo } = await unmergeHashes(session.org, issue, hashes);
      const text = issues.length > 0 ? 'Taken out' : 'New events of it make an issue of their own';
      this.#say(text, undo);
      return true;
    } catch (cause) {
      toasts.fail(cause, 'Nothing was taken out');
      return false;
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

  #say(text: string, undo: string | null | undefined) {
    if (!undo) return void toasts.show(text);
    const toast = toasts.show(text, { undo: () => void this.#undo(undo) });
    this.#last = { undo, toast };
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
