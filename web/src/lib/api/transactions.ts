import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { Transaction, TransactionDetail, TransactionsAnswer } from './types';

export interface TransactionPage {
  transactions: Transaction[];
  links: PageLinks;
  /** Of all pages. */
  total: number;
  /** Within this an answer satisfies. */
  apdexMs: number;
}

export interface TransactionFilter {
  query: string;
  /** A slug; empty for all. */
  project: string;
  environment: string;
  statsPeriod: string;
  sort: string;
  cursor: string;
}

const PER_PAGE = 50;

export async function listTransactions(
  org: string,
  filter: TransactionFilter,
  signal?: AbortSignal,
): Promise<TransactionPage> {
  const query = { ...filter, per_page: PER_PAGE };
  const response = await request(apiPath`/organizations/${org}/transactions/`, { query, signal });
  const links = parseLinkHeader(response.headers.get('Link'));
  const { data, meta } = (await response.json()) as TransactionsAnswer;
  return { transactions: data, links, ...meta };
}

export const getTransaction = (
  org: string,
  id: string,
  scope: { environment: string; statsPeriod: string },
  signal?: AbortSignal,
) =>
  requestJson<TransactionDetail>(apiPath`/organizations/${org}/transactions/${id}/`, {
    query: scope,
    signal,
  });
