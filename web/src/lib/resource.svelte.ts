import { ApiError } from './api/http';

/** No skeleton for what arrives within this time: it would only flicker. */
const SLOW_AFTER_MS = 150;
const CACHED_ANSWERS_MAX = 60;
const cache = new Map<string, unknown>();

/** One thing fetched from the server. Shows the last known answer at once while a fresh one is on its way. */
export class Resource<T> {
  data = $state.raw<T>();
  error = $state.raw<ApiError>();
  loading = $state(false);
  /** True once loading has taken long enough to deserve a skeleton. */
  slow = $state(false);
  #running: AbortController | undefined;
  #key = '';

  /** With `keep`, what is shown stays until something else arrives: the next page of the same thing. */
  async load(
    key: string,
    fetcher: (signal: AbortSignal) => Promise<T>,
    options: { keep?: boolean } = {},
  ): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    if (key !== this.#key) {
      const known = cache.get(key) as T | undefined;
      if (known !== undefined || !options.keep) this.data = known;
      this.error = undefined;
    }
    this.#key = key;
    this.loading = true;
    this.slow = false;
    const timer = setTimeout(() => (this.slow = true), SLOW_AFTER_MS);
    try {
      const data = await fetcher(running.signal);
      if (running.signal.aborted) return;
      this.data = data;
      this.error = undefined;
      remember(key, data);
    } catch (cause) {
      if (running.signal.aborted) return;
      this.error = cause instanceof ApiError ? cause : new ApiError(0, 'The answer could not be read.');
      if (this.error.status === 404 || (options.keep && !cache.has(key))) this.data = undefined;
    } finally {
      clearTimeout(timer);
      if (this.#running === running) {
        this.loading = false;
        this.slow = false;
      }
    }
  }

  /** Replaces what is shown, for changes made here before the server confirms them. */
  set(data: T) {
    this.data = data;
    remember(this.#key, data);
  }

  stop() {
    this.#running?.abort();
    this.loading = false;
  }
}

/** Somebody else may sign in next: nothing of this session stays. */
export function forgetAnswers() {
  cache.clear();
}

function remember(key: string, data: unknown) {
  cache.delete(key);
  cache.set(key, data);
  const oldest = cache.keys().next();
  if (cache.size > CACHED_ANSWERS_MAX && !oldest.done) cache.delete(oldest.value);
}
