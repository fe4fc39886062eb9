/** Which language a source line is written in. `tokenize.ts` has a grammar for each. */
export const LANGUAGES = new Set([
  'typescript',
  'tsx',
  'python',
  'ruby',
  'php',
  'java',
  'kotlin',
  'go',
  'rust',
  'csharp',
  'swift',
  'c',
  'objective-c',
  'dart',
  'elixir',
  'shellscript',
  'json',
]);

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
  return LANGUAGES.has(language) ? language : null;
}
