const SLUG_CHARS_MAX = 50;

/** `My Shop (web)` → `my-shop-web`, as the server makes it. */
export function slugOf(name: string): string {
  const words = name
    .toLowerCase()
    .split(/[^a-z0-9_]+/)
    .filter(Boolean);
  return words.join('-').slice(0, SLUG_CHARS_MAX).replace(/-+$/, '');
}
