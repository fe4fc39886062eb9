/** A model's text in the pieces that are drawn. It is text: no links, no markup but code between backticks. */
export type ClaimPart =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  /** The id of a fact. */
  | { kind: 'fact'; text: string };

/** More is no explanation, and a page cannot bear it. */
const TEXT_CHARS_MAX = 8_000;
const FACT = /[a-z]+:[\w.@/+~-]*\w|\brequest\b/g;
const BRACKETS: Record<string, string> = { '[': ']', '(': ')' };

/** `ids` are those that the claim rests on: where its text names one, its chip stands there. */
export function claimParts(text: string, ids: string[]): { parts: ClaimPart[]; rest: string[] } {
  const parts: ClaimPart[] = [];
  const named = new Set<string>();
  const cited = (id: string) => ids.includes(id);
  for (const [at, piece] of cut(text).split(/`+/).entries()) {
    if (at % 2) {
      if (cited(piece)) addFact(piece);
      else if (piece) parts.push({ kind: 'code', text: piece });
      continue;
    }
    let from = 0;
    for (const match of piece.matchAll(FACT)) {
      // `request` is a word, too: only brackets make it a citation.
      if (!cited(match[0]) || (!match[0].includes(':') && !inBrackets(piece, match))) continue;
      addText(piece.slice(from, match.index));
      addFact(match[0]);
      from = match.index + match[0].length;
    }
    addText(piece.slice(from));
  }
  return { parts: withoutBrackets(parts), rest: ids.filter((id) => !named.has(id)) };

  function addText(part: string) {
    if (part) parts.push({ kind: 'text', text: part });
  }

  function addFact(id: string) {
    named.add(id);
    parts.push({ kind: 'fact', text: id });
  }
}

const cut = (text: string): string =>
  text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}…` : text;

function inBrackets(text: string, match: RegExpExecArray): boolean {
  const before = text[match.index - 1] ?? '';
  return before in BRACKETS && text[match.index + match[0].length] === BRACKETS[before];
}

/** A chip needs none around it: `(frame:2)`, `[crumb:7, span:ab]`. */
function withoutBrackets(parts: ClaimPart[]): ClaimPart[] {
  for (const [at, part] of parts.entries()) {
    if (part.kind !== 'fact') continue;
    const before = parts[at - 1];
    if (before?.kind !== 'text' || !/[[(]$/.test(before.text)) continue;
    const close = BRACKETS[before.text.at(-1) ?? ''] ?? '';
    const run = runOfFacts(parts, at);
    const after = parts[run];
    if (after?.kind !== 'text' || !after.text.startsWith(close)) continue;
    before.text = before.text.slice(0, -1);
    after.text = after.text.slice(1);
    for (const between of parts.slice(at, run)) if (between.kind === 'text') between.text = ' ';
  }
  return parts.filter((part) => part.text);
}

/** The first part after a list of facts that is more than a comma. */
function runOfFacts(parts: ClaimPart[], from: number): number {
  let at = from;
  while (at < parts.length) {
    const part = parts[at];
    if (!part || (part.kind !== 'fact' && !/^(,| and|;)?\s*$/.test(part.text))) break;
    at += 1;
  }
  return at;
}
