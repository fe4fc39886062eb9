import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** routes → features → ui → lib: a folder imports from itself and from those to its right. */
const ROWS = ['', 'routes', 'features', 'ui', 'lib'];
const COMPONENT_LINES_MAX = 200;
const SRC = dirname(fileURLToPath(import.meta.url));

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|svelte|css)$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(SRC, file), 'utf8') }));
const code = files.filter(({ file }) => !file.endsWith('.css') && !file.endsWith('.test.ts'));

const rowOf = (path: string) => ROWS.indexOf(path.includes('/') ? (path.split('/')[0] ?? '') : '');

function importsOf({ file, text }: { file: string; text: string }): string[] {
  const sources = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return sources.flatMap((source) => {
    if (source.startsWith('.')) return [relative(SRC, join(SRC, dirname(file), source))];
    return /^\$(routes|features|ui|lib)\//.test(source) ? [source.slice(1)] : [];
  });
}

describe('the layers', () => {
  it('reads imports at all', () => {
    expect(code.flatMap(importsOf).length).toBeGreaterThan(100);
  });

  it('import to the right only', () => {
    const wrong = code.flatMap((one) =>
      importsOf(one).flatMap((target) =>
        rowOf(target) < rowOf(one.file) ? [`${one.file} imports ${target}`] : [],
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('keep features apart from each other', () => {
    const feature = (path: string) => /^features\/(\w+)/.exec(path)?.[1];
    const wrong = code.flatMap((one) =>
      importsOf(one).flatMap((target) => {
        const [from, to] = [feature(one.file), feature(target)];
        return from && to && from !== to ? [`${one.file} imports ${target}`] : [];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('leave the network to lib/api', () => {
    const network = /\bfetch\(|new EventSource\(|XMLHttpRequest|new WebSocket\(/;
    const wrong = code.filter(({ file, text }) => !file.startsWith('lib/api/') && network.test(text));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});

describe('components', () => {
  const components = files.filter(({ file }) => file.endsWith('.svelte'));

  it(`have at most ${COMPONENT_LINES_MAX} lines`, () => {
    const long = components.filter(({ text }) => text.trimEnd().split('\n').length > COMPONENT_LINES_MAX);
    expect(long.map(({ file, text }) => `${file} has ${text.trimEnd().split('\n').length}`)).toEqual([]);
  });

  it('never put a string into the page as HTML', () => {
    const wrong = code.filter(({ text }) =>
      /\{@html|innerHTML|insertAdjacentHTML|document\.write/.test(text),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  it('take colours, spacing and type from tokens.css', () => {
    const colour = /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(/i;
    const size =
      /(?:^|\s)(?:padding|margin|gap|font-size)[\w-]*:[^;]*?\b(?:\d*\.?\d+(?:rem|em)|(?:[3-9]|\d\d+)px)/;
    const wrong = files
      .filter(({ file }) => file !== 'tokens.css' && /\.(svelte|css)$/.test(file))
      .flatMap(({ file, text }) => {
        const style = file.endsWith('.css') ? text : (text.split('<style>')[1] ?? '');
        return style
          .split('\n')
          .flatMap((line) => (colour.test(line) || size.test(line) ? [`${file}: ${line.trim()}`] : []));
      });
    expect(wrong).toEqual([]);
  });
});
