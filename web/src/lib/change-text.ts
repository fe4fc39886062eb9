import type { IssueEdit } from './api/triage';
import type { ChangeAnswer, UndoAnswer } from './api/types';
import { plural } from './number-format';
import { editText } from './triage-text';

/** `SHOP-1A resolved`, `12 issues assigned to Ada`. */
export function changeText(edit: IssueEdit, answer: ChangeAnswer, name?: string): string {
  if (answer.changed === 0) return name ? `${name} was so already` : 'They were so already';
  const parts = [editText(edit)].filter(Boolean);
  if (edit.assignedTo !== undefined) {
    const to = answer.assignedTo;
    parts.push(to ? `assigned to ${to.name || to.email}` : 'assigned to nobody');
  }
  return `${answer.changed === 1 && name ? name : plural(answer.changed, 'issue')} ${parts.join(' and ')}`;
}

/** What others changed since stays as they left it. */
export function undoneText({ restored, passedOver }: UndoAnswer): string {
  if (passedOver === 0) return 'Undone';
  const kept = `${plural(passedOver, 'issue')} ${passedOver === 1 ? 'was' : 'were'} changed since and left alone`;
  return restored.length === 0 ? `Nothing to undo: ${kept}` : `Undone, but ${kept}`;
}
