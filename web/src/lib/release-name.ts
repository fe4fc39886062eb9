const HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i;
const HASH_SHOWN = 10;

/** `2.14.3` of `shop@2.14.3`, the beginning of a commit's hash: as a release is called in a sentence. */
export function releaseName(version: string): string {
  const [, rest = version] = /@([^@]+)$/.exec(version) ?? [];
  return HASH.test(rest) ? rest.slice(0, HASH_SHOWN) : rest;
}
