/** Minified lines are thousands of characters long. Shows the part around the column that broke. */
export const LINE_CHARS_MAX = 240;
const BEFORE_COLUMN = 90;

export interface SourceWindow {
  text: string;
  cutBefore: boolean;
  cutAfter: boolean;
}

/** `column` counts from 1; without one the line's beginning is shown. */
export function sourceWindow(line: string, column?: number | null): SourceWindow {
  if (line.length <= LINE_CHARS_MAX) return { text: line, cutBefore: false, cutAfter: false };
  const from = Math.max(0, Math.min((column ?? 1) - 1 - BEFORE_COLUMN, line.length - LINE_CHARS_MAX));
  const to = from + LINE_CHARS_MAX;
  return { text: line.slice(from, to), cutBefore: from > 0, cutAfter: to < line.length };
}
