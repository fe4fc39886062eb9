import { formatFilter, formatQuery, parseQuery } from '$lib/query-chips';

export type FacetState = 'none' | 'included' | 'excluded';

const isOf = (token: { key?: string; value: string }, key: string, value: string) =>
  token.key?.replace(/^tags\[(.*)\]$/, '$1') === key && token.value === value;

export function facetState(query: string, key: string, value: string): FacetState {
  const token = parseQuery(query).find((one) => isOf(one, key, value));
  if (!token) return 'none';
  return token.negated ? 'excluded' : 'included';
}

/** The query with a value asked for or excluded; asking for the same again takes it back. */
export function withFacet(
  query: string,
  key: string,
  value: string,
  wanted: 'included' | 'excluded',
): string {
  const tokens = parseQuery(query);
  const kept = formatQuery(tokens.filter((one) => !isOf(one, key, value)));
  if (facetState(query, key, value) === wanted) return kept;
  const filter = (wanted === 'excluded' ? '!' : '') + formatFilter(key, value);
  return kept ? `${kept} ${filter}` : filter;
}
