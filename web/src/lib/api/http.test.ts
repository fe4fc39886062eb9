import { afterEach, expect, it, vi } from 'vitest';
import { ApiError, apiPath, onUnauthorized, requestJson, withQuery } from './http';
import { parseLinkHeader } from './link-header';

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: string, headers: Record<string, string> = {}) {
  const fetch = vi.fn((_path: string, _init: RequestInit) =>
    Promise.resolve(new Response(body, { status, headers })),
  );
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

it('encodes what comes from the address bar', () => {
  expect(apiPath`/organizations/${'a/b'}/issues/${'../x?y'}/`).toBe(
    '/api/0/organizations/a%2Fb/issues/..%2Fx%3Fy/',
  );
  expect(withQuery('/x', { id: ['1', '2'], empty: '', none: null, n: 0 })).toBe('/x?id=1&id=2&n=0');
});

it('marks unsafe requests, and only those', async () => {
  const fetch = answer(200, '{}');
  await requestJson('/x', { method: 'PUT', body: {} });
  await requestJson('/x');
  const headers = fetch.mock.calls.map(([, init]) => new Headers(init.headers).get('X-LightTrace-CSRF'));
  expect(headers).toEqual(['1', null]);
});

it.each([
  [404, '{"detail":"No such issue"}', 'No such issue'],
  [400, '{"detail":{"message":"Bad"}}', 'Bad'],
  [502, '<html>', 'The server answered 502'],
])('turns a %d into its words', async (status, body, detail) => {
  answer(status, body);
  await expect(requestJson('/x')).rejects.toMatchObject({ status, detail });
});

it('passes on where a query stops making sense', async () => {
  answer(400, '{"detail":"Invalid query","position":4,"expected":"a value"}');
  const syntax = { position: 4, expected: 'a value' };
  await expect(requestJson('/x')).rejects.toMatchObject({ detail: 'Invalid query', syntax });
});

it('passes on when to try again', async () => {
  answer(429, '{"detail":"slow"}', { 'Retry-After': '60' });
  await expect(requestJson('/x')).rejects.toMatchObject({ retryAfterSeconds: 60 });
});

it('says so when no answer comes', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('network')));
  const failure = await requestJson('/x').catch((cause: unknown) => cause);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ status: 0 });
});

it('announces the end of a session, but not a wrong password', async () => {
  const ended = vi.fn();
  const stop = onUnauthorized(ended);
  answer(401, '{"detail":"no"}');
  await requestJson('/api/0/auth/login/', { method: 'POST' }).catch(() => undefined);
  expect(ended).not.toHaveBeenCalled();
  await requestJson('/api/0/organizations/').catch(() => undefined);
  expect(ended).toHaveBeenCalledOnce();
  stop();
});

it('reads the pages that there are', () => {
  const header =
    '<http://x/?a=1&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", <http://x/>; rel="next"; results="true"; cursor="0:100:0"';
  expect(parseLinkHeader(header)).toEqual({ next: '0:100:0' });
  expect(parseLinkHeader(null)).toEqual({});
  expect(parseLinkHeader('garbage; rel=next')).toEqual({});
});
