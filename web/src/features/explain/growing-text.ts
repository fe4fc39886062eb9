/** What a model is writing just now, of JSON that is not whole yet: the string that has no end, decoded. */
export interface GrowingText {
  /** The last key before it: `summary`. */
  key: string;
  text: string;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '', f: '' };
/** What some models think aloud before they answer. */
const THOUGHTS = /^\s*<think>[^]*?(<\/think>|$)/;
/** Of the text so far, from its end: a field is shorter. */
const LOOKED_AT_CHARS_MAX = 60_000;

/** Null while no value is being written: between fields, or in a key. Text that is no JSON is shown as it is. */
export function growingText(written: string): GrowingText | null {
  const raw = written.replace(THOUGHTS, '');
  const start = raw.search(/\S/);
  if (start < 0) return null;
  const json = raw.indexOf('{', start);
  if (json < 0) return /^(```|<)/.test(raw.slice(start)) ? null : { key: '', text: raw.slice(start) };
  return openString(raw.slice(json).slice(0, LOOKED_AT_CHARS_MAX));
}

function openString(json: string): GrowingText | null {
  let key = '';
  let last = '';
  let text: string | null = null;
  let isValue = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at] ?? '';
    if (text === null) {
      if (char === '"') text = '';
      if (char === ':') [key, isValue] = [last, true];
      // After a comma in a list comes a value again, in an object a key: only `:` tells.
      if (char === ',' || char === '{') isValue = false;
      if (char === '[') isValue = true;
    } else if (char === '\\') {
      const escaped = json[++at];
      if (escaped === undefined) break;
      if (escaped === 'u') {
        const code = json.slice(at + 1, at + 5);
        if (!/^[0-9a-f]{4}$/i.test(code)) break;
        text += String.fromCharCode(Number.parseInt(code, 16));
        at += 4;
      } else text += ESCAPES[escaped] ?? escaped;
    } else if (char === '"') {
      last = text;
      text = null;
    } else text += char;
  }
  return text !== null && isValue ? { key, text } : null;
}
