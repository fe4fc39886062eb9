/**
 * Values as a path over a box of that size, `from` at its ground and `to` at its top. It breaks where nothing is known,
 * and what lies outside runs along the edge.
 */
export function linePath(
  values: (number | null)[],
  box: { width: number; height: number; from: number; to: number },
): string {
  const { width, height, from, to } = box;
  const step = width / Math.max(1, values.length);
  const span = to - from || 1;
  let path = '';
  let pen = 'M';
  for (const [index, value] of values.entries()) {
    if (value === null) {
      pen = 'M';
      continue;
    }
    const y = Math.max(0, Math.min(height, height - ((value - from) / span) * height));
    path += `${pen}${((index + 0.5) * step).toFixed(1)} ${y.toFixed(1)}`;
    // A single point is a dot, not nothing.
    if (pen === 'M') path += 'h0.1';
    pen = 'L';
  }
  return path;
}
