import type { Token } from './tokenize';

/** A piece of a line, and whether it stands where the program was. */
export interface Piece extends Token {
  here: boolean;
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u;

/** Cuts a line so that the name at an index, else the one character there, is a piece of its own. */
export function markColumn(tokens: Token[], index: number): Piece[] {
  const line = tokens.map(({ text }) => text).join('');
  const found = line.slice(index);
  const length = index < 0 ? 0 : (NAME.exec(found)?.[0].length ?? (/^\S/.test(found) ? 1 : 0));
  let at = 0;
  return tokens.flatMap(({ text, kind }) => {
    const from = Math.min(Math.max(index - at, 0), text.length);
    const to = length ? Math.min(Math.max(index + length - at, 0), text.length) : from;
    at += text.length;
    return [
      { text: text.slice(0, from), kind, here: false },
      { text: text.slice(from, to), kind, here: true },
      { text: text.slice(to), kind, here: false },
    ].filter((piece) => piece.text !== '');
  });
}
