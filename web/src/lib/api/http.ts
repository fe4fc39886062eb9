/** The only place that calls `fetch`. Unsafe requests carry the header that stands against forged ones. */

/** Where a query stops making sense, in characters from its start, and what could have stood there. */
export interface SyntaxProblem {
  position: number;
  expected: string;
}

export class ApiError extends Error {
  constructor(
    /** 0 when no answer came at all. */
    readonly status: number,
    readonly detail: string,
    /** From `Retry-After`, where the server named a time. */
    readonly retryAfterSeconds?: number,
    readonly syntax?: SyntaxProblem,
    /** What programs read, where the server tells failures of one status apart. */
    readonly code?: string,
  ) {
    super(detail);
    this.name = 'ApiError';
  }
}

type Query = Record<string, string | number | string[] | null | undefined>;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  /** JSON, unless something else is wanted. */
  accept?: string;
}

const unauthorizedListeners = new Set<() => void>();

/** Called on a 401, except from the sign-in forms: the session has ended. */
export function onUnauthorized(listener: () => void): () => void {
  unauthorizedListeners.add(listener);
  return () => unauthorizedListeners.delete(listener);
}

/** An `/api/0` address. Path parts are encoded: short ids and slugs come from the URL bar. */
export function apiPath(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce(
    (path, part, index) => path + (index ? encodeURIComponent(values[index - 1] ?? '') : '') + part,
    '/api/0',
  );
}

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? value : [String(value)]) search.append(key, one);
  }
  const text = search.toString();
  return text ? `${path}${path.includes('?') ? '&' : '?'}${text}` : path;
}

export async function request(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', query, body, signal, accept = 'application/json' } = options;
  const headers: Record<string, string> = { Accept: accept };
  if (method !== 'GET') headers['X-LightTrace-CSRF'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(withQuery(path, query), {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, 'The server does not answer. It may be restarting, or this device is offline.');
  }
  if (response.ok) return response;
  if (response.status === 401 && !path.includes('/auth/')) {
    for (const listener of unauthorizedListeners) listener();
  }
  const retryAfter = Number(response.headers.get('Retry-After'));
  const { detail, syntax, code } = await readProblem(response);
  throw new ApiError(
    response.status,
    detail,
    Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined,
    syntax,
    code,
  );
}

export async function requestJson<T>(path: string, options?: RequestOptions): Promise<T> {
  const response = await request(path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

interface Problem {
  detail: string;
  syntax?: SyntaxProblem;
  code?: string;
}

async function readProblem(response: Response): Promise<Problem> {
  const otherwise = `The server answered ${response.status} ${response.statusText}`.trim();
  try {
    const body: unknown = await response.json();
    if (!body || typeof body !== 'object') return { detail: otherwise };
    const code = 'code' in body && typeof body.code === 'string' ? body.code : undefined;
    return { detail: detailOf(body) ?? otherwise, syntax: syntaxOf(body), code };
  } catch {
    // Not JSON: a proxy's own page. Its status says enough.
    return { detail: otherwise };
  }
}

function detailOf(body: object): string | undefined {
  if (!('detail' in body)) return undefined;
  const { detail } = body;
  if (typeof detail === 'string') return detail;
  return detail && typeof detail === 'object' && 'message' in detail ? String(detail.message) : undefined;
}

function syntaxOf(body: object): SyntaxProblem | undefined {
  if (!('position' in body && 'expected' in body)) return undefined;
  const { position, expected } = body;
  return typeof position === 'number' && typeof expected === 'string' ? { position, expected } : undefined;
}
