import { ApiError } from './api/http';

/** What went wrong, in words for whoever caused it. */
export function failureText(cause: unknown): string {
  if (!(cause instanceof ApiError)) return 'Something went wrong here.';
  if (cause.status !== 429) return cause.detail;
  return `Too many tries. Try again ${cause.retryAfterSeconds ? `in ${cause.retryAfterSeconds} s` : 'later'}.`;
}
