/** Reads the `Link` header of Sentry's pagination: `<url>; rel="next"; results="true"; cursor="0:100:0"`. */
export interface PageLinks {
  /** The cursor of a neighbouring page, absent where there is nothing more. */
  previous?: string;
  next?: string;
}

export function parseLinkHeader(header: string | null): PageLinks {
  const links: PageLinks = {};
  for (const match of (header ?? '').matchAll(/<[^>]*>\s*((?:;\s*\w+="[^"]*"\s*)+)/g)) {
    const fields = new Map<string, string>();
    for (const field of (match[1] ?? '').matchAll(/(\w+)="([^"]*)"/g)) {
      fields.set(field[1] ?? '', field[2] ?? '');
    }
    const rel = fields.get('rel');
    const cursor = fields.get('cursor');
    if (fields.get('results') !== 'true' || !cursor) continue;
    if (rel === 'next') links.next = cursor;
    if (rel === 'previous') links.previous = cursor;
  }
  return links;
}
