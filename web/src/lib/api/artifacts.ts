import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type { ArtifactBundle, ArtifactFiles } from './types';

export interface BundlePage {
  bundles: ArtifactBundle[];
  links: PageLinks;
}

export interface BundleFilter {
  query?: string;
  release?: string;
  cursor?: string;
}

/** What a project's builds uploaded, newest first. */
export async function listBundles(
  org: string,
  project: string,
  filter: BundleFilter,
  signal?: AbortSignal,
): Promise<BundlePage> {
  const response = await request(apiPath`/projects/${org}/${project}/files/artifact-bundles/`, {
    query: { ...filter },
    signal,
  });
  const links = parseLinkHeader(response.headers.get('Link'));
  return { bundles: (await response.json()) as ArtifactBundle[], links };
}

export type FilePage = ArtifactFiles & { links: PageLinks };

export async function listBundleFiles(
  org: string,
  project: string,
  bundle: string,
  filter: { query?: string; cursor?: string },
  signal?: AbortSignal,
): Promise<FilePage> {
  const path = apiPath`/projects/${org}/${project}/files/artifact-bundles/${bundle}/files/`;
  const response = await request(path, { query: filter, signal });
  const files = (await response.json()) as ArtifactFiles;
  return { ...files, links: parseLinkHeader(response.headers.get('Link')) };
}

/** For this project; others that it was uploaded to keep it. */
export const deleteBundle = (org: string, project: string, bundle: string) =>
  requestJson<void>(apiPath`/projects/${org}/${project}/files/artifact-bundles/`, {
    method: 'DELETE',
    query: { bundleId: bundle },
  });
