import { createComment, deleteComment, updateComment } from '$lib/api/triage';
import type { Activity } from '$lib/api/types';
import { session } from '$lib/session.svelte';
import { toasts } from '$lib/toasts.svelte';
import type { IssuePage } from './issue-page.svelte';

/** Writing into an issue's history. Whether the server took it is the answer. */
export class Comments {
  #shown: IssuePage;

  constructor(shown: IssuePage) {
    this.#shown = shown;
  }

  create = (text: string) =>
    this.#do((issue) => createComment(session.org, issue, text), 'The comment was not sent');

  update = (comment: Activity, text: string) =>
    this.#do((issue) => updateComment(session.org, issue, comment.id, text), 'The comment was not changed');

  remove = (comment: Activity) =>
    this.#do((issue) => deleteComment(session.org, issue, comment.id), 'The comment was not deleted');

  async #do(ask: (issue: string) => Promise<unknown>, failed: string): Promise<boolean> {
    const issue = this.#shown.issue.data;
    if (!issue) return false;
    try {
      await ask(issue.id);
    } catch (cause) {
      toasts.fail(cause, failed);
      return false;
    }
    this.#shown.reload();
    return true;
  }
}
