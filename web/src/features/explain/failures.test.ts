import { describe, expect, it } from 'vitest';
import type { FailureCode } from '$lib/api/explain-types';
import { failureWords, retryAt, retryLabel } from './failures';

const CODES: FailureCode[] = [
  'not_configured',
  'forbidden',
  'wrong_key',
  'unknown_model',
  'rate_limited',
  'budget_spent',
  'busy',
  'timeout',
  'unreachable',
  'cut_off',
  'refused',
  'unreadable',
  'context_too_long',
  'server_error',
  'interrupted',
];

describe('a failure', () => {
  it('has a title of its own, whatever its code', () => {
    const titles = CODES.map((code) => failureWords({ code }).title);
    expect(new Set(titles).size).toBe(CODES.length);
  });

  it('offers no retry where nothing has changed', () => {
    const kept = CODES.filter((code) => !failureWords({ code }).retry);
    expect(kept).toEqual(['not_configured', 'forbidden']);
  });

  it('is one of the server where the code is not known here', () => {
    expect(failureWords({ code: 'brand_new' as FailureCode })).toEqual(
      failureWords({ code: 'server_error' }),
    );
  });

  it('says when to try again', () => {
    expect(retryAt({ retryAfter: 12 }, 1_000)).toBe(13_000);
    expect(retryAt({ retryAfter: null }, 1_000)).toBe(1_000);
    expect([0, 0.4, 12, 119, 120, 7_300].map(retryLabel)).toEqual([
      'Try again',
      'Try again in 1 s',
      'Try again in 12 s',
      'Try again in 119 s',
      'Try again in 2 min',
      'Try again in 3 h',
    ]);
  });
});
