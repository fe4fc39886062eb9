import type { RequestData } from './api/types';

/** Everything in an event was written by somebody else, so every argument is quoted, also the plain ones. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Headers that curl writes itself, or that would make it send a wrong body. */
const OWN_HEADERS = new Set(['content-length', 'host', 'connection', 'transfer-encoding']);

const queryText = (query: RequestData['query']): string =>
  query.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');

/** The address with its query, as the browser showed it. */
export function fullUrl(data: RequestData): string {
  const url = data.url ?? '';
  const query = queryText(data.query);
  const separator = url.includes('?') ? '&' : '?';
  return url + (query ? separator + query : '') + (data.fragment ? `#${data.fragment}` : '');
}

export function bodyText(data: unknown): string {
  if (data === null || data === undefined) return '';
  return typeof data === 'string' ? data : JSON.stringify(data);
}

/** The request as a command for a shell, with nothing that the shell would interpret. */
export function toCurl(data: RequestData): string {
  const lines = [`curl ${quote(fullUrl(data))}`];
  const method = (data.method ?? 'GET').toUpperCase();
  const body = bodyText(data.data);
  if (method !== 'GET') lines.push(`-X ${quote(method)}`);
  const { headers, cookies } = data;
  for (const [name, value] of headers) {
    if (!OWN_HEADERS.has(name.toLowerCase())) lines.push(`-H ${quote(`${name}: ${value}`)}`);
  }
  const named = (name: string) => headers.some(([header]) => header.toLowerCase() === name);
  if (cookies.length > 0 && !named('cookie')) {
    lines.push(`-b ${quote(cookies.map(([name, value]) => `${name}=${value}`).join('; '))}`);
  }
  if (body && typeof data.data !== 'string' && !named('content-type')) {
    lines.push(`-H 'Content-Type: application/json'`);
  }
  if (body) lines.push(`--data-raw ${quote(body)}`);
  return lines.join(' \\\n  ');
}
