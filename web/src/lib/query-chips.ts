/** The search text as parts, so that filters can be shown, added and taken away one by one. */
export interface QueryToken {
  /** Exactly as typed. */
  raw: string;
  /** Absent for free text. */
  key?: string;
  value: string;
  negated: boolean;
}

const TOKEN = /!?(?:tags\[[^\]]+\]|[\w.\-]+):(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\S*)|"(?:[^"\\]|\\.)*"|\S+/g;
const FILTER = /^(!?)(tags\[[^\]]+\]|[\w.\-]+):(.*)$/s;

const unquote = (text: string) =>
  text.length > 1 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replace(/\\(["\\])/g, '$1')
    : text;

export function parseQuery(query: string): QueryToken[] {
  return (query.match(TOKEN) ?? []).map((raw) => {
    const filter = FILTER.exec(raw);
    // `https://…` is text that somebody pasted, not a filter.
    if (!filter || filter[3]?.startsWith('//')) return { raw, value: unquote(raw), negated: false };
    return { raw, key: filter[2], value: unquote(filter[3] ?? ''), negated: filter[1] === '!' };
  });
}

/** Whether terms hang together by more than standing side by side, so that none can be taken out alone. */
export const isCompound = (tokens: QueryToken[]): boolean =>
  tokens.some(({ raw }) => !raw.startsWith('"') && (/^(?:AND|OR|NOT)$/.test(raw) || /^!?\(|\)$/.test(raw)));

/** Whether somebody asks for words, and not by keys alone. */
export const hasFreeText = (query: string): boolean =>
  parseQuery(query).some(({ key, raw }) => {
    if (key !== undefined || /^(?:AND|OR|NOT)$/.test(raw)) return false;
    // Brackets stick to the filters that they hold.
    const bare = raw.replace(/^[!(]+|\)+$/g, '');
    return bare !== '' && (bare === raw || hasFreeText(bare));
  });

export const formatQuery = (tokens: QueryToken[]): string => tokens.map((token) => token.raw).join(' ');

/** Quoted is what the language would read otherwise: wildcards, lists, comparisons. */
export function formatFilter(key: string, value: string): string {
  const plain = /^[^\s"\\()[\],*<>=!][^\s"\\()[\],*]*$/.test(value);
  const name = /^(?:[A-Za-z_][\w.-]*|tags\[.*\])$/.test(key) ? key : `tags[${key}]`;
  return `${name}:${plain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`;
}

/** The query with one filter set to a value, or dropped with null; it keeps its place. */
export function withFilter(query: string, key: string, value: string | null): string {
  const tokens = parseQuery(query);
  const place = tokens.findIndex((token) => token.key === key);
  const kept = tokens.filter((token) => token.key !== key).map((token) => token.raw);
  if (value !== null) kept.splice(place < 0 ? 0 : place, 0, formatFilter(key, value));
  return kept.join(' ');
}

export const filterValue = (query: string, key: string): string | undefined =>
  parseQuery(query).find((token) => token.key === key && !token.negated)?.value;
