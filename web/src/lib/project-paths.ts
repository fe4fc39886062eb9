/** Addresses of a project's pages that other pages lead to. */
const base = (slug: string) => `/projects/${encodeURIComponent(slug)}/settings`;

export const mapsPath = (slug: string): string => `${base(slug)}/source-maps`;

export const bundlePath = (slug: string, bundle: string): string =>
  `${mapsPath(slug)}/${encodeURIComponent(bundle)}`;

export const sourceLinksPath = (slug: string): string => `${base(slug)}/source-links`;

export const explanationsPath = (slug: string): string => `${base(slug)}/explanations`;

export const releasePath = (version: string): string => `/releases/${encodeURIComponent(version)}`;
