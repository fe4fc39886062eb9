import type { RequestData } from './api/types';

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
