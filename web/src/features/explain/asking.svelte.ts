import { askFurther } from '$lib/api/explain';
import type { Explanation, ExplainFailure, Question } from '$lib/api/explain-types';
import { session } from '$lib/session.svelte';

/** A question on its way. */
export class Asking {
  /** With the calls that were made so far. */
  open = $state.raw<Question>();
  /** The reply as the model wrote it so far. */
  text = $state('');
  failed = $state.raw<{ failure: ExplainFailure; at: number; question: Question }>();
  #stop = new AbortController();

  /** The question with its reply; nothing where it failed or was left. */
  async ask(explanation: Explanation, text: string): Promise<Question | undefined> {
    this.leave();
    const { signal } = this.#stop;
    this.open = newQuestion(text);
    for await (const news of askFurther(session.org, explanation.issue, explanation.id, text, signal)) {
      const open: Question | undefined = this.open;
      if (signal.aborted || !open) return undefined;
      switch (news.kind) {
        case 'call':
          this.open = { ...open, calls: [...open.calls, news.call] };
          // What was written before was the way to the call.
          this.text = '';
          break;
        case 'delta':
          this.text += news.text;
          break;
        case 'done':
          this.open = undefined;
          return news.question;
        case 'failed':
          this.open = undefined;
          this.failed = { failure: news.failure, at: Date.now(), question: open };
      }
    }
    return undefined;
  }

  leave() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.open = undefined;
    this.failed = undefined;
    this.text = '';
  }
}

const newQuestion = (text: string): Question => ({
  date: new Date().toISOString(),
  user: session.config.data?.user ?? null,
  text,
  calls: [],
  reply: null,
  failure: null,
  tokens: { prompt: 0, completion: 0, estimated: true },
  tookMs: 0,
});
