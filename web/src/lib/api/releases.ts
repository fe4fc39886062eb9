import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { Commit, Deploy, Release } from './types';

export interface ReleasePage {
  releases: Release[];
  links: PageLinks;
}

export interface ReleaseFilter {
  query?: string;
  /** A slug; none for all. */
  project?: string;
  environment?: string;
  sort?: string;
  /** Also how they fare. */
  health?: 1;
  adoptionStages?: 1;
  cursor?: string;
}

const PER_PAGE = 50;

export async function listReleases(
  org: string,
  filter: ReleaseFilter,
  signal?: AbortSignal,
): Promise<ReleasePage> {
  const query = { ...filter, per_page: PER_PAGE };
  const response = await request(apiPath`/organizations/${org}/releases/`, { query, signal });
  const links = parseLinkHeader(response.headers.get('Link'));
  return { releases: (await response.json()) as Release[], links };
}

export const getRelease = (org: string, version: string, signal?: AbortSignal) =>
  requestJson<Release>(apiPath`/organizations/${org}/releases/${version}/`, {
    query: { health: 1, adoptionStages: 1 },
    signal,
  });

export interface CommitPage {
  commits: Commit[];
  links: PageLinks;
}

export async function listCommits(
  org: string,
  version: string,
  cursor: string,
  signal?: AbortSignal,
): Promise<CommitPage> {
  const path = apiPath`/organizations/${org}/releases/${version}/commits/`;
  const response = await request(path, { query: { cursor }, signal });
  const links = parseLinkHeader(response.headers.get('Link'));
  return { commits: (await response.json()) as Commit[], links };
}

export const listDeploys = (org: string, version: string, signal?: AbortSignal) =>
  requestJson<Deploy[]>(apiPath`/organizations/${org}/releases/${version}/deploys/`, { signal });
