/** Explanations of an issue: asking for one, following it while it is made, and asking further. */
import { readServerEvents } from '$lib/sse';
import type {
  Evidence,
  ExplainFailure,
  Explanation,
  Explanations,
  FailureCode,
  PartialAnswer,
  Question,
  ToolCall,
} from './explain-types';
import { ApiError, apiPath, request, requestJson } from './http';

/** What comes while an explanation is made. */
export type AnswerNews =
  | { kind: 'started'; id: string; model?: string; tokens?: number }
  /** The model's text, as it comes. */
  | { kind: 'delta'; text: string }
  /** All fields that are whole by now. */
  | { kind: 'answer'; answer: PartialAnswer }
  | { kind: 'done'; explanation: Explanation }
  | { kind: 'failed'; failure: ExplainFailure };

/** What comes while a question is answered. */
export type ReplyNews =
  | { kind: 'call'; call: ToolCall }
  | { kind: 'delta'; text: string }
  | { kind: 'done'; question: Question }
  | { kind: 'failed'; failure: ExplainFailure };

/** How often one that cannot be streamed is looked at, and for how long: the server ends it after 120 s. */
const POLL_EVERY_MS = 1_500;
const POLL_TIMES_MAX = 120;
/** Streams where the server can; otherwise it says where the answer will be. */
const STREAM = 'text/event-stream';

const base = (org: string, issue: string) => apiPath`/organizations/${org}/issues/${issue}/explain/`;
const one = (org: string, issue: string, id: string) => `${base(org, issue)}${encodeURIComponent(id)}/`;

export const getExplanations = (org: string, issue: string, signal?: AbortSignal) =>
  requestJson<Explanations>(base(org, issue), { signal });

export const getExplanation = (org: string, issue: string, id: string, signal?: AbortSignal) =>
  requestJson<Explanation>(one(org, issue, id), { signal });

export const getEvidence = (org: string, issue: string, event: string, signal?: AbortSignal) =>
  requestJson<Evidence>(apiPath`/organizations/${org}/issues/${issue}/evidence/`, {
    query: { event },
    signal,
  });

export const sendFeedback = (org: string, issue: string, id: string, helpful: boolean, note: string) =>
  requestJson<Explanation>(`${one(org, issue, id)}feedback/`, { method: 'PUT', body: { helpful, note } });

export const cancelExplanation = (org: string, issue: string, id: string) =>
  requestJson<void>(`${one(org, issue, id)}cancel/`, { method: 'POST', body: {} });

/** Asks the model anew, or joins whoever is asking already. */
export async function* askForExplanation(
  org: string,
  issue: string,
  event: string | null,
  signal: AbortSignal,
): AsyncGenerator<AnswerNews> {
  const ask = () => request(base(org, issue), { method: 'POST', body: { event }, accept: STREAM, signal });
  yield* follow(org, issue, ask, signal);
}

/** Follows one that is being made. */
export async function* followExplanation(
  org: string,
  issue: string,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<AnswerNews> {
  yield { kind: 'started', id };
  yield* follow(org, issue, () => request(one(org, issue, id), { accept: STREAM, signal }), signal, id);
}

async function* follow(
  org: string,
  issue: string,
  ask: () => Promise<Response>,
  signal: AbortSignal,
  known = '',
): AsyncGenerator<AnswerNews> {
  let id = known;
  try {
    const response = await ask();
    if (isStream(response)) {
      for await (const { event, data } of readServerEvents(response.body)) {
        const news = answerNews(event, data);
        if (news?.kind === 'started') id = news.id;
        if (news) yield news;
        if (news?.kind === 'done' || news?.kind === 'failed') return;
      }
    } else {
      const answer = (await response.json()) as Explanation | { id: string };
      if ('state' in answer && answer.state !== 'running') return yield ended(answer);
      if (answer.id !== id) yield { kind: 'started', id: answer.id };
      id = answer.id;
    }
  } catch (cause) {
    // A line that breaks does not end what the server is doing.
    if (!isBroken(cause, signal) || !id) return yield { kind: 'failed', failure: failureOf(cause, signal) };
  }
  if (id) yield* poll(org, issue, id, signal);
  else yield { kind: 'failed', failure: BROKEN };
}

async function* poll(
  org: string,
  issue: string,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<AnswerNews> {
  for (let times = 0; times < POLL_TIMES_MAX && !signal.aborted; times++) {
    try {
      const found = await getExplanation(org, issue, id, signal);
      if (found.state !== 'running') return yield ended(found);
      if (found.summary) yield { kind: 'answer', answer: found };
    } catch (cause) {
      if (!isBroken(cause, signal)) return yield { kind: 'failed', failure: failureOf(cause, signal) };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
  yield { kind: 'failed', failure: BROKEN };
}

/** Asks further, on the ground of an explanation. */
export async function* askFurther(
  org: string,
  issue: string,
  id: string,
  text: string,
  signal: AbortSignal,
): AsyncGenerator<ReplyNews> {
  try {
    const path = `${one(org, issue, id)}messages/`;
    const response = await request(path, { method: 'POST', body: { text }, accept: STREAM, signal });
    if (!isStream(response)) return yield { kind: 'done', question: (await response.json()) as Question };
    for await (const { event, data } of readServerEvents(response.body)) {
      const news = replyNews(event, data);
      if (news) yield news;
      if (news?.kind === 'done' || news?.kind === 'failed') return;
    }
    yield { kind: 'failed', failure: BROKEN };
  } catch (cause) {
    yield { kind: 'failed', failure: failureOf(cause, signal) };
  }
}

const ended = (found: Explanation): AnswerNews =>
  found.failure && found.state === 'failed'
    ? { kind: 'failed', failure: found.failure }
    : { kind: 'done', explanation: found };

const isStream = (response: Response): response is Response & { body: ReadableStream<Uint8Array> } =>
  !!response.body && (response.headers.get('Content-Type') ?? '').startsWith(STREAM);

/** The connection, not the server's answer. */
const isBroken = (cause: unknown, signal: AbortSignal): boolean =>
  !signal.aborted && !(cause instanceof ApiError && cause.status > 0);

const BROKEN: ExplainFailure = {
  code: 'interrupted',
  detail:
    'The connection to the server broke off. What it has finished meanwhile is shown when you try again.',
  retryAfter: 0,
};
const STOPPED: ExplainFailure = { code: 'interrupted', detail: 'Stopped.', retryAfter: 0 };

const BY_STATUS: Record<number, FailureCode> = {
  403: 'forbidden',
  413: 'context_too_long',
  429: 'rate_limited',
  503: 'busy',
  504: 'timeout',
};

export function failureOf(cause: unknown, signal?: AbortSignal): ExplainFailure {
  if (signal?.aborted) return STOPPED;
  if (!(cause instanceof ApiError) || cause.status === 0) return BROKEN;
  const code = (cause.code as FailureCode | undefined) ?? BY_STATUS[cause.status] ?? 'server_error';
  return { code, detail: cause.detail, retryAfter: cause.retryAfterSeconds ?? null };
}

/** One message of the stream; null for what this page does not know. */
export function answerNews(event: string, data: string): AnswerNews | null {
  const body = parse(data);
  if (!body) return null;
  switch (event) {
    case 'started':
      return { kind: 'started', ...(body as { id: string; model?: string; tokens?: number }) };
    case 'delta':
      return { kind: 'delta', text: String(body.text ?? '') };
    case 'answer':
      return { kind: 'answer', answer: body as PartialAnswer };
    case 'done':
      return ended(body as unknown as Explanation);
    case 'error':
      return { kind: 'failed', failure: readFailure(body) };
    default:
      return null;
  }
}

export function replyNews(event: string, data: string): ReplyNews | null {
  const body = parse(data);
  if (!body) return null;
  switch (event) {
    case 'call':
      return { kind: 'call', call: body as unknown as ToolCall };
    case 'delta':
      return { kind: 'delta', text: String(body.text ?? '') };
    case 'done':
      return { kind: 'done', question: body as unknown as Question };
    case 'error':
      return { kind: 'failed', failure: readFailure(body) };
    default:
      return null;
  }
}

const readFailure = (body: Record<string, unknown>): ExplainFailure => ({
  code: (body.code as FailureCode | undefined) ?? 'server_error',
  detail: String(body.detail ?? ''),
  retryAfter: typeof body.retryAfter === 'number' ? body.retryAfter : null,
});

function parse(data: string): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(data);
    return body && typeof body === 'object' ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
