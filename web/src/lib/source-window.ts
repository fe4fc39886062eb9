/** Minified lines are thousands of characters long. Shows the part around the column that broke. */
export const LINE_CHARS_MAX = 240;
const BEFORE_COLUMN = 90;
const ELLIPSIS = '…';
/** What the server puts where it cut a long line of an original source. */
const CUT_BEFORE = '{snip} ';
const CUT_AFTER = ' {snip}';
/** As many characters before the column it leaves, unless the line ends soon after. */
const KEPT_BEFORE_COLUMN = 60;

export interface SourceWindow {
  text: string;
  /** Where in it the column is, from 0; `null` where that is not known. */
  at: number | null;
}

/** `column` counts from 1; without one the line's beginning is shown. */
export function sourceWindow(line: string, column?: number | null): SourceWindow {
  const cut = { before: line.startsWith(CUT_BEFORE), after: line.endsWith(CUT_AFTER) };
  if (cut.before || cut.after) {
    const kept = line.slice(cut.before ? CUT_BEFORE.length : 0, cut.after ? -CUT_AFTER.length : undefined);
    // Cut at the front only, it may begin anywhere.
    const known = cut.before ? (cut.after ? KEPT_BEFORE_COLUMN : null) : column ? column - 1 : null;
    return shown(kept, column ? known : null, cut.before, cut.after);
  }
  const from =
    line.length > LINE_CHARS_MAX
      ? Math.max(0, Math.min((column ?? 1) - 1 - BEFORE_COLUMN, line.length - LINE_CHARS_MAX))
      : 0;
  const to = line.length > LINE_CHARS_MAX ? from + LINE_CHARS_MAX : line.length;
  return shown(line.slice(from, to), column ? column - 1 - from : null, from > 0, to < line.length);
}

function shown(text: string, at: number | null, cutBefore: boolean, cutAfter: boolean): SourceWindow {
  return {
    text: (cutBefore ? ELLIPSIS : '') + text + (cutAfter ? ELLIPSIS : ''),
    at: at === null || at >= text.length ? null : at + (cutBefore ? ELLIPSIS.length : 0),
  };
}
