import { apiPath, request } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { FoundSpan, SpansAnswer } from './types';

/** How far a search came: it looks through stored spans block by block, and stops at a bound. */
export type SearchReach = SpansAnswer['meta'];

export interface SpanPage {
  spans: FoundSpan[];
  links: PageLinks;
  reach: SearchReach;
}

export interface SpanFilter {
  query: string;
  /** A slug; empty for all. */
  project: string;
  environment: string;
  statsPeriod: string;
  sort: string;
  cursor: string;
}

export const SPANS_PER_PAGE = 50;

export async function findSpans(org: string, filter: SpanFilter, signal?: AbortSignal): Promise<SpanPage> {
  const query = { ...filter, per_page: SPANS_PER_PAGE };
  const response = await request(apiPath`/organizations/${org}/spans/`, { query, signal });
  const links = parseLinkHeader(response.headers.get('Link'));
  const { data, meta } = (await response.json()) as SpansAnswer;
  return { spans: data, links, reach: meta };
}
