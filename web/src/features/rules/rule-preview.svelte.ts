import type { AlertPreview, AlertRuleEdit } from '$lib/api/alert-types';
import { previewAlertRule } from '$lib/api/alert-rules';
import { ApiError } from '$lib/api/http';
import { session } from '$lib/session.svelte';

/** While somebody types, the server is asked no more often than this. */
const ASK_AFTER_MS = 400;

/** When a draft would have fired: asked for while it changes, and never an answer to an older one. */
export class RulePreview {
  data = $state.raw<AlertPreview>();
  error = $state.raw<ApiError>();
  /** What is shown is of an older draft. */
  asking = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked: AbortController | undefined;

  ask(draft: AlertRuleEdit) {
    this.stop();
    this.asking = true;
    this.#timer = setTimeout(() => void this.#askServer(draft), this.data || this.error ? ASK_AFTER_MS : 0);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    this.asking = false;
  }

  async #askServer(draft: AlertRuleEdit) {
    const asked = new AbortController();
    this.#asked = asked;
    try {
      const data = await previewAlertRule(session.org, draft, asked.signal);
      if (asked.signal.aborted) return;
      this.data = data;
      this.error = undefined;
    } catch (cause) {
      if (asked.signal.aborted) return;
      this.error = cause instanceof ApiError ? cause : new ApiError(0, 'The answer could not be read.');
    }
    this.asking = false;
  }
}
