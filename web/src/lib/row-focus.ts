/** Moves the keyboard from row to row: each has a link marked `data-row`. */
export function moveRow(by: number) {
  const rows = [...document.querySelectorAll<HTMLElement>('a[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  next?.focus({ preventScroll: true });
  next?.closest('tr, li')?.scrollIntoView({ block: 'nearest' });
}
