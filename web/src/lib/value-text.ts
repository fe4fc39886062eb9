/** Values of any shape as text. Bounded: an event may hold a megabyte in one variable. */
const PREVIEW_CHARS_MAX = 160;
const FULL_CHARS_MAX = 100_000;

const cut = (text: string, max: number) => (text.length > max ? `${text.slice(0, max)}…` : text);

/** One line. Strings that SDKs have already written as code (`'abc'`, `<Order 8812>`) are left as they are. */
export function previewValue(value: unknown): string {
  if (typeof value === 'string') return cut(value, PREVIEW_CHARS_MAX);
  return cut(json(value, 0), PREVIEW_CHARS_MAX);
}

export function fullValue(value: unknown): string {
  return cut(typeof value === 'string' ? value : json(value, 2), FULL_CHARS_MAX);
}

/** Whether the one line leaves something out. */
export const isCut = (value: unknown): boolean => {
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0;
  return typeof value === 'string' && (value.length > PREVIEW_CHARS_MAX || value.includes('\n'));
};

function json(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent) ?? 'undefined';
}
