import type { ExplainFailure, FailureCode } from '$lib/api/explain-types';

/** What a person can do about a failure. */
export interface FailureWords {
  title: string;
  /** Beyond what the server says. */
  hint: string;
  /** Whether the same once more may help: what has to be changed first needs no button that fails again. */
  retry: boolean;
}

const DOCTOR = '`lighttrace doctor` on the server says what the model’s server answers.';

const WORDS: Record<FailureCode, FailureWords> = {
  not_configured: {
    title: 'No model is set up',
    hint: '`LIGHTTRACE_LLM_BASE_URL` and `LIGHTTRACE_LLM_MODEL` name one, hosted or on a machine of yours.',
    retry: false,
  },
  forbidden: { title: 'Nothing of this project may be sent', hint: '', retry: false },
  wrong_key: {
    title: 'Wrong key',
    hint: DOCTOR,
    retry: true,
  },
  unknown_model: {
    title: 'Unknown model',
    hint: DOCTOR,
    retry: true,
  },
  rate_limited: { title: 'The model’s server wants a pause', hint: '', retry: true },
  budget_spent: {
    title: 'Today’s tokens are used up',
    hint: '`LIGHTTRACE_LLM_TOKENS_PER_DAY` says how many there are.',
    retry: true,
  },
  busy: { title: 'Other explanations are being made', hint: '', retry: true },
  timeout: {
    title: 'The model took too long',
    hint: 'A smaller model, or less to read, is faster.',
    retry: true,
  },
  unreachable: { title: 'The model’s server cannot be reached', hint: DOCTOR, retry: true },
  cut_off: { title: 'The answer broke off', hint: '', retry: true },
  refused: { title: 'Refused', hint: 'Another model may.', retry: true },
  unreadable: {
    title: 'The answer could not be read',
    hint: 'Small models get the form wrong now and then; the next try may be right.',
    retry: true,
  },
  context_too_long: {
    title: 'The facts are too many for the model',
    hint: 'Set `LIGHTTRACE_LLM_CONTEXT_TOKENS` to what it can read: then fewer facts are sent.',
    retry: true,
  },
  server_error: { title: 'The model’s server failed', hint: '', retry: true },
  interrupted: { title: 'It was interrupted', hint: '', retry: true },
  cancelled: { title: 'It was stopped', hint: '', retry: true },
};

export const failureWords = ({ code }: Pick<ExplainFailure, 'code'>): FailureWords =>
  WORDS[code] ?? WORDS.server_error;

/** When the next try makes sense, in milliseconds. */
export const retryAt = ({ retryAfter }: Pick<ExplainFailure, 'retryAfter'>, failedAt: number): number =>
  failedAt + Math.max(0, retryAfter ?? 0) * 1000;

/** `Try again`, `Try again in 12 s`, `Try again in 5 min`. */
export function retryLabel(seconds: number): string {
  if (seconds <= 0) return 'Try again';
  if (seconds < 120) return `Try again in ${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return `Try again in ${minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`}`;
}
