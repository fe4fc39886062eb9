/** Cuts a snippet into plain and highlighted pieces. Ranges come from the server but are not trusted to fit. */
export interface Segment {
  text: string;
  lit: boolean;
}

export function segments(text: string, ranges: [number, number][]): Segment[] {
  const pieces: Segment[] = [];
  let at = 0;
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const start = Math.max(at, from);
    const end = Math.min(text.length, to);
    if (!(end > start)) continue;
    if (start > at) pieces.push({ text: text.slice(at, start), lit: false });
    pieces.push({ text: text.slice(start, end), lit: true });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), lit: false });
  return pieces;
}
