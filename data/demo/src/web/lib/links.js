/** What stands behind the `#` of a shared wishlist. */
export function readWishlist(hash) {
  const parts = hash.replace(/^#/, "").split("&");
  const pairs = parts.map((part) => part.split("="));
  return Object.fromEntries(pairs.map(([key, value]) => [key, decodeURIComponent(value)]));
}
