import type { HighlighterCore, LanguageRegistration } from '@shikijs/core';

/** One coloured piece of a line. Rendered as a span with a class, never as HTML. */
export interface Token {
  text: string;
  kind: string;
}

type LanguageModule = { default: LanguageRegistration[] };

/** Few and small: they all lie in the server's binary. TypeScript's grammar reads JavaScript, C's most of C++. */
const LANGUAGES: Record<string, () => Promise<LanguageModule>> = {
  typescript: () => import('@shikijs/langs/typescript'),
  tsx: () => import('@shikijs/langs/tsx'),
  python: () => import('@shikijs/langs/python'),
  ruby: () => import('@shikijs/langs/ruby'),
  php: () => import('@shikijs/langs/php'),
  java: () => import('@shikijs/langs/java'),
  kotlin: () => import('@shikijs/langs/kotlin'),
  go: () => import('@shikijs/langs/go'),
  rust: () => import('@shikijs/langs/rust'),
  csharp: () => import('@shikijs/langs/csharp'),
  swift: () => import('@shikijs/langs/swift'),
  c: () => import('@shikijs/langs/c'),
  'objective-c': () => import('@shikijs/langs/objective-c'),
  dart: () => import('@shikijs/langs/dart'),
  elixir: () => import('@shikijs/langs/elixir'),
  shellscript: () => import('@shikijs/langs/shellscript'),
  json: () => import('@shikijs/langs/json'),
};

const BY_EXTENSION: Record<string, string> = {
  js: 'typescript',
  mjs: 'typescript',
  cjs: 'typescript',
  jsx: 'tsx',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'tsx',
  vue: 'typescript',
  svelte: 'typescript',
  py: 'python',
  rb: 'ruby',
  erb: 'ruby',
  php: 'php',
  java: 'java',
  kt: 'kotlin',
  go: 'go',
  rs: 'rust',
  cs: 'csharp',
  swift: 'swift',
  c: 'c',
  h: 'c',
  cc: 'c',
  cpp: 'c',
  hpp: 'c',
  m: 'objective-c',
  mm: 'objective-c',
  dart: 'dart',
  ex: 'elixir',
  exs: 'elixir',
};

const BY_PLATFORM: Record<string, string> = {
  node: 'typescript',
  javascript: 'typescript',
  cocoa: 'swift',
  objc: 'objective-c',
  native: 'c',
};

/** The language of a source file, by its name, else by the event's platform. */
export function languageOf(filename: string | null | undefined, platform?: string | null): string | null {
  const extension = /\.(\w+)(?:[?#].*)?$/.exec(filename ?? '')?.[1]?.toLowerCase() ?? '';
  const family = platform?.split('-')[0] ?? '';
  const language = BY_EXTENSION[extension] ?? BY_PLATFORM[family] ?? family;
  return language in LANGUAGES ? language : null;
}

const LINE_CHARS_MAX = 500;
const MILLISECONDS_MAX = 80;

let highlighter: Promise<HighlighterCore> | undefined;

async function start(): Promise<HighlighterCore> {
  const [{ createHighlighterCore }, { createJavaScriptRegexEngine }, { codeTheme }] = await Promise.all([
    import('@shikijs/core'),
    import('@shikijs/engine-javascript'),
    import('./code-theme'),
  ]);
  return createHighlighterCore({
    themes: [codeTheme],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
}

/** Lines as coloured pieces; null when the language is unknown or cannot be loaded, so plain text stays. */
export async function highlight(lines: string[], language: string): Promise<Token[][] | null> {
  const load = LANGUAGES[language];
  if (!load) return null;
  try {
    const shiki = await (highlighter ??= start());
    if (!shiki.getLoadedLanguages().includes(language)) await shiki.loadLanguage((await load()).default);
    const tokens = shiki.codeToTokensBase(lines.join('\n'), {
      lang: language,
      theme: 'lighttrace',
      tokenizeMaxLineLength: LINE_CHARS_MAX,
      tokenizeTimeLimit: MILLISECONDS_MAX,
    });
    return tokens.map((line) =>
      line.map(({ content, color }) => ({ text: content, kind: KINDS[color ?? ''] ?? '' })),
    );
  } catch {
    return null;
  }
}

/** The theme's colours are not colours but names, so that tokens.css alone decides. */
const KINDS: Record<string, string> = {
  '#000001': 'keyword',
  '#000002': 'string',
  '#000003': 'number',
  '#000004': 'function',
  '#000005': 'comment',
};
