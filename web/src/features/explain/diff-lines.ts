export interface DiffLine {
  kind: 'added' | 'removed' | 'same' | 'part';
  text: string;
}

const LINES_MAX = 400;

/** The lines of a unified diff, and the file that it is of. */
export function diffLines(diff: string): { file: string; lines: DiffLine[] } {
  let file = '';
  const lines: DiffLine[] = [];
  for (const line of diff.replace(/\n$/, '').split('\n').slice(0, LINES_MAX)) {
    // Heads come before a part: within one, `---` is a line that goes.
    const isHead = lines.length === 0 && /^(---|\+\+\+|diff |index )/.test(line);
    if (isHead) file = /^\+\+\+ (?:b\/)?([^\t]+)/.exec(line)?.[1]?.trim() ?? file;
    else if (line.startsWith('@@')) lines.push({ kind: 'part', text: line });
    else if (line.startsWith('+')) lines.push({ kind: 'added', text: line.slice(1) });
    else if (line.startsWith('-')) lines.push({ kind: 'removed', text: line.slice(1) });
    else lines.push({ kind: 'same', text: line.replace(/^ /, '') });
  }
  // One part needs no numbers: the line is named above it.
  const parts = lines.filter(({ kind }) => kind === 'part').length;
  return { file, lines: parts > 1 ? lines : lines.filter(({ kind }) => kind !== 'part') };
}
