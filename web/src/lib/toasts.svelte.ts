import { failureText } from './failure-text';

const SHOWN_FOR_MS = 10_000;
const TOASTS_MAX = 3;

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'error';
  undo?: () => void;
}

/** Short notes about what was just done, with the way back where there is one. */
class Toasts {
  list = $state.raw<Toast[]>([]);
  #lastId = 0;

  /** The answer is what `dismiss` takes. */
  show(text: string, options: { tone?: Toast['tone']; undo?: () => void } = {}): number {
    const toast: Toast = { id: ++this.#lastId, text, tone: options.tone ?? 'plain', undo: options.undo };
    this.list = [...this.list, toast].slice(-TOASTS_MAX);
    setTimeout(() => this.dismiss(toast.id), SHOWN_FOR_MS);
    return toast.id;
  }

  /** What went wrong, behind what did not come of it. */
  fail(cause: unknown, what?: string) {
    const text = failureText(cause);
    this.show(what ? `${what}. ${text}` : text, { tone: 'error' });
  }

  dismiss(id: number) {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
