import { expect, it } from 'vitest';
import type { Breadcrumb } from './api/types';
import { crumbKind, crumbText, findCulprit } from './breadcrumb-text';

/** The server fills in type and level where the SDK sent none. */
const crumb = (sent: Partial<Breadcrumb>): Breadcrumb => ({
  type: 'default',
  level: 'info',
  category: null,
  data: null,
  event_id: null,
  message: null,
  timestamp: null,
  ...sent,
});
const http = (status: number) =>
  crumb({
    category: 'fetch',
    type: 'http',
    data: { method: 'post', url: '/api/payment', status_code: status, ms: 3 },
  });

it.each<[Partial<Breadcrumb>, string, boolean]>([
  [http(200), 'POST /api/payment → 200', false],
  [http(401), 'POST /api/payment → 401', true],
  [{ ...http(401), message: 'token expired' }, 'POST /api/payment → 401 token expired', true],
  [{ type: 'navigation', data: { from: '/', to: '/cart' } }, '/ → /cart', false],
  [{ category: 'console', level: 'error', message: 'no' }, 'no', true],
  [{ category: 'query', data: { sql: 'SELECT 1' } }, '', false],
  [{ type: 'http', data: { url: { nested: true } }, message: null }, '', false],
])('%o reads as %s', (sent, text, failed) => {
  const read = crumbText(crumb(sent));
  expect([read.text, read.failed]).toEqual([text, failed]);
});

it('keeps what the line does not say', () => {
  expect(crumbText(http(200)).rest).toEqual([['ms', 3]]);
});

it('finds the last one that failed', () => {
  const failed = http(500);
  expect(findCulprit([http(401), failed, http(200)])).toBe(failed);
  expect(findCulprit([http(200)])).toBeUndefined();
});

it('is filtered by the first word of its category', () => {
  const sent = [{ category: 'ui.click' }, { type: 'http' }, {}];
  expect(sent.map((one) => crumbKind(crumb(one)))).toEqual(['ui', 'http', 'default']);
});
