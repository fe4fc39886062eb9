import { ApiError } from '$lib/api/http';
import { setIssueStatus } from '$lib/api/issues';
import type { Issue, IssueStatus } from '$lib/api/types';
import { toasts } from '$lib/toasts.svelte';

const DONE: Record<IssueStatus, string> = {
  resolved: 'resolved',
  ignored: 'ignored',
  unresolved: 'reopened',
};

export interface StatusChange {
  ids: string[];
  status: IssueStatus;
  /** Puts every issue back to the status it had. */
  undo: () => Promise<void>;
}

/** Changes the status at the server, says so, and knows the way back. Null when the server refused. */
export async function changeStatus(
  org: string,
  issues: Issue[],
  status: IssueStatus,
  afterUndo: () => void,
): Promise<StatusChange | null> {
  const before = issues.map(({ id, status: was }) => ({ id, was }));
  const ids = before.map(({ id }) => id);
  let told = 0;
  const undo = async () => {
    toasts.dismiss(told);
    const statuses: IssueStatus[] = ['unresolved', 'resolved', 'ignored'];
    try {
      for (const was of statuses) {
        const back = before.filter((issue) => issue.was === was).map(({ id }) => id);
        if (back.length > 0) await setIssueStatus(org, back, was);
      }
      toasts.show('Undone');
    } catch (cause) {
      fail(cause);
    }
    afterUndo();
  };
  try {
    await setIssueStatus(org, ids, status);
  } catch (cause) {
    fail(cause);
    return null;
  }
  const what = issues.length === 1 ? (issues[0]?.shortId ?? 'Issue') : `${issues.length} issues`;
  told = toasts.show(`${what} ${DONE[status]}`, { undo: () => void undo() });
  return { ids, status, undo };
}

function fail(cause: unknown) {
  const detail = cause instanceof ApiError ? cause.detail : 'Something went wrong here.';
  toasts.show(`Nothing was changed. ${detail}`, { tone: 'error' });
}
