import HighlightWorker from './highlight.worker?worker';
import type { Token } from './tokenize';

type Answer = (tokens: Token[][] | null) => void;

/** Source that keeps the worker busy for longer stays plain, and the worker is replaced. */
const ANSWER_AFTER_MS_MAX = 12_000;
const waiting = new Map<number, Answer>();
let worker: Worker | undefined;
let lastId = 0;

function start(): Worker {
  const started = new HighlightWorker();
  started.addEventListener('message', (event: MessageEvent<{ id: number; tokens: Token[][] | null }>) => {
    waiting.get(event.data.id)?.(event.data.tokens);
  });
  started.addEventListener('error', giveUp);
  return started;
}

function giveUp() {
  worker?.terminate();
  worker = undefined;
  for (const answer of [...waiting.values()]) answer(null);
}

/** Lines as coloured pieces; null when the language is unknown or it took too long, so plain text stays. */
export function highlight(lines: string[], language: string): Promise<Token[][] | null> {
  worker ??= start();
  const id = ++lastId;
  return new Promise((resolve) => {
    const timer = setTimeout(giveUp, ANSWER_AFTER_MS_MAX);
    waiting.set(id, (tokens) => {
      clearTimeout(timer);
      waiting.delete(id);
      resolve(tokens);
    });
    worker?.postMessage({ id, lines: [...lines], language });
  });
}
