const STORED_AS = 'lighttrace-searches';
const SEARCHES_MAX = 8;
const SEARCH_CHARS_MAX = 500;

/** What was searched for in this browser, newest first. */
export function recentSearches(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED_AS) ?? '[]');
    const texts = Array.isArray(stored) ? stored.filter((one): one is string => typeof one === 'string') : [];
    return texts.slice(0, SEARCHES_MAX);
  } catch {
    return [];
  }
}

export function rememberSearch(query: string) {
  if (!query || query.length > SEARCH_CHARS_MAX) return;
  const next = [query, ...recentSearches().filter((one) => one !== query)].slice(0, SEARCHES_MAX);
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(next));
  } catch {
    // Storage may be forbidden or full: then nothing is remembered.
  }
}
