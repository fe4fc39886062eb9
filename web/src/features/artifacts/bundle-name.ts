import type { ArtifactBundle } from '$lib/api/types';

type Named = Pick<ArtifactBundle, 'associations' | 'bundleId'>;

/** The releases it was uploaded for, each once: `shop@2.4.1 (7)`. Others are found by debug id alone. */
export const releasesOf = ({ associations }: Named): string[] => [
  ...new Set(
    associations.flatMap(({ release, dist }) => (release ? [dist ? `${release} (${dist})` : release] : [])),
  ),
];

/** As it is called where there is room for one name. */
export const bundleName = (bundle: Named): string =>
  releasesOf(bundle)[0] ?? `Bundle ${bundle.bundleId.slice(0, 8)}`;
