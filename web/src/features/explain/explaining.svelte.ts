import type {
  Evidence,
  ExplainFailure,
  Explanation,
  Explanations,
  PartialAnswer,
} from '$lib/api/explain-types';
import {
  type AnswerNews,
  askForExplanation,
  cancelExplanation,
  followExplanation,
  getEvidence,
  getExplanations,
  sendFeedback,
} from '$lib/api/explain';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';
import { toasts } from '$lib/toasts.svelte';

/** An answer on its way. */
export interface Running {
  id: string;
  model: string;
  /** Milliseconds. */
  since: number;
  answer: PartialAnswer;
  /** As the model wrote it so far. */
  text: string;
}

/** More is not shown before it is whole. */
const TEXT_CHARS_MAX = 60_000;

/** The explanations of one issue: those that are kept, and the one that is being made. */
export class Explaining {
  list = new Resource<Explanations>();
  evidence = new Resource<Evidence>();
  running = $state.raw<Running>();
  /** Of what was asked for here, and when. */
  failed = $state.raw<{ failure: ExplainFailure; at: number }>();
  /** By id; the newest answer otherwise. */
  chosen = $state('');
  #issue = '';
  #loadedAt = Date.now();
  #stop = new AbortController();

  status = $derived(this.list.data?.status);
  kept = $derived(this.list.data?.explanations ?? []);
  answers = $derived(this.kept.filter(({ state }) => state === 'done'));
  shown = $derived(this.answers.find(({ id }) => id === this.chosen) ?? this.answers[0]);
  /** What went wrong last, unless something has been answered since. */
  failure = $derived.by(() => {
    if (this.running) return undefined;
    if (this.failed) return this.failed;
    const [newest] = this.kept;
    if (newest?.state === 'failed' && newest.failure) {
      return { failure: newest.failure, at: Date.parse(newest.dateFinished ?? newest.dateCreated) };
    }
    // What would be refused anyway is said before somebody asks.
    const refused = this.status?.configured && !this.status.forbidden ? this.status.failure : null;
    return refused ? { failure: refused, at: this.#loadedAt } : undefined;
  });

  async load(issue: string) {
    this.leave();
    this.#issue = issue;
    this.chosen = '';
    this.failed = undefined;
    await this.list.load(`explanations ${issue}`, (signal) => getExplanations(session.org, issue, signal));
    this.#loadedAt = Date.now();
    const running = this.#issue === issue ? this.list.data?.running : undefined;
    if (running && !this.running) {
      const since = Date.parse(running.asked) || Date.now();
      void this.#follow(since, (signal) => followExplanation(session.org, issue, running.id, signal));
    }
  }

  loadEvidence(event: string) {
    const issue = this.#issue;
    const ask = (signal: AbortSignal) => getEvidence(session.org, issue, event, signal);
    return this.evidence.load(`evidence ${issue} ${event}`, ask);
  }

  ask(event: string | null) {
    if (this.running) return;
    const issue = this.#issue;
    this.failed = undefined;
    void this.#follow(Date.now(), (signal) => askForExplanation(session.org, issue, event, signal));
  }

  /** Ends it for everybody who waits for it. */
  async cancel() {
    const id = this.running?.id;
    this.leave();
    if (id) await cancelExplanation(session.org, this.#issue, id).catch((cause) => toasts.fail(cause));
  }

  /** Stops looking; the server goes on. */
  leave() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.running = undefined;
  }

  async judge(explanation: Explanation, helpful: boolean, note: string) {
    this.replace(await sendFeedback(session.org, this.#issue, explanation.id, helpful, note));
  }

  replace(changed: Explanation) {
    const known = this.list.data;
    if (!known) return;
    const others = known.explanations.filter(({ id }) => id !== changed.id);
    const explanations = [...others, changed].sort((a, b) => Number(b.id) - Number(a.id));
    this.list.set({ ...known, explanations, running: null });
  }

  async #follow(since: number, start: (signal: AbortSignal) => AsyncGenerator<AnswerNews>) {
    const stop = this.#stop;
    this.running = { id: '', model: this.status?.model ?? '', since, answer: {}, text: '' };
    for await (const news of start(stop.signal)) {
      if (stop.signal.aborted) return;
      this.#take(news);
    }
  }

  #take(news: AnswerNews) {
    const { running } = this;
    if (!running) return;
    switch (news.kind) {
      case 'started':
        this.running = { ...running, id: news.id, model: news.model ?? running.model };
        break;
      case 'delta':
        if (running.text.length < TEXT_CHARS_MAX)
          this.running = { ...running, text: running.text + news.text };
        break;
      case 'answer':
        this.running = { ...running, answer: news.answer };
        break;
      case 'done':
        this.running = undefined;
        this.failed = undefined;
        this.chosen = news.explanation.id;
        this.replace(news.explanation);
        break;
      case 'failed':
        this.running = undefined;
        this.failed = { failure: news.failure, at: Date.now() };
    }
  }
}
