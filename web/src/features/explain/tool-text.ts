const TOOLS: Record<string, string> = {
  get_event: 'Looked at an event',
  get_span: 'Looked at a span',
  search: 'Searched',
  get_release: 'Looked at a release',
};

const ARGUMENTS_CHARS_MAX = 80;

export const toolText = (tool: string): string => TOOLS[tool] ?? `Called ${tool}`;

/** The values alone, where there are few: `ab12cd34`, `browser.name:Safari`. */
export function argumentsText(json: string): string {
  let text = json;
  try {
    const read: unknown = JSON.parse(json);
    if (read && typeof read === 'object') {
      text = Object.values(read)
        .filter((value) => value !== null && value !== '')
        .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
        .join(', ');
    }
  } catch {
    // Shown as the model wrote it.
  }
  return text.length > ARGUMENTS_CHARS_MAX ? `${text.slice(0, ARGUMENTS_CHARS_MAX)}…` : text;
}
