import { apiPath, requestJson } from './http';
import type { SavedSearch, SearchUpdate } from './types';

/** What a saved search is of, as the server numbers it. */
export const SEARCH_OF = { issues: 0, events: 1 } as const;

export const listSearches = (org: string, of: keyof typeof SEARCH_OF, signal?: AbortSignal) =>
  requestJson<SavedSearch[]>(apiPath`/organizations/${org}/searches/`, {
    query: { type: SEARCH_OF[of] },
    signal,
  });

export const createSearch = (org: string, body: SearchUpdate) =>
  requestJson<SavedSearch>(apiPath`/organizations/${org}/searches/`, { method: 'POST', body });

export const updateSearch = (org: string, id: string, body: SearchUpdate) =>
  requestJson<SavedSearch>(apiPath`/organizations/${org}/searches/${id}/`, { method: 'PUT', body });

export const deleteSearch = (org: string, id: string) =>
  requestJson<unknown>(apiPath`/organizations/${org}/searches/${id}/`, { method: 'DELETE' });
