import type { HighlighterCore, LanguageRegistration } from '@shikijs/core';

/** One coloured piece of a line. Rendered as a span with a class, never as HTML. */
export interface Token {
  text: string;
  kind: string;
}

type LanguageModule = { default: LanguageRegistration[] };

/** Few and small: they all lie in the server's binary. TypeScript's grammar reads JavaScript, C's most of C++. */
const GRAMMARS: Record<string, () => Promise<LanguageModule>> = {
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

const LINE_CHARS_MAX = 500;
const LINE_MILLISECONDS_MAX = 3_000;

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

/** The build leaves embedded languages out (see vite.config.ts), so none may be asked for. */
const withoutGuests = (grammars: LanguageRegistration[]) =>
  grammars.map((grammar) => ({ ...grammar, embeddedLangs: [] }));

/** Lines as coloured pieces; null when the language is unknown or cannot be loaded, so plain text stays. */
export async function tokenize(lines: string[], language: string): Promise<Token[][] | null> {
  const load = GRAMMARS[language];
  if (!load) return null;
  try {
    const shiki = await (highlighter ??= start());
    if (!shiki.getLoadedLanguages().includes(language))
      await shiki.loadLanguage(...withoutGuests((await load()).default));
    const tokens = shiki.codeToTokensBase(lines.join('\n'), {
      lang: language,
      theme: 'lighttrace',
      tokenizeMaxLineLength: LINE_CHARS_MAX,
      tokenizeTimeLimit: LINE_MILLISECONDS_MAX,
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
