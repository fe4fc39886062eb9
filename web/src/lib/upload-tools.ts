/** Build tools that upload source maps; each has a guide in `upload-snippets`. */
export const UPLOAD_TOOLS = [
  { value: 'vite', label: 'Vite' },
  { value: 'webpack', label: 'webpack' },
  { value: 'rollup', label: 'Rollup' },
  { value: 'esbuild', label: 'esbuild' },
  { value: 'nextjs', label: 'Next.js' },
  { value: 'react-native', label: 'React Native' },
  { value: 'sentry-cli', label: 'sentry-cli' },
  { value: 'sentry', label: 'npm’s sentry' },
];

/** Whether builds of a platform minify what they ship. */
export const minifies = (platform: string | null | undefined): boolean =>
  /^(?:javascript|node|react-native|bun|electron)/.test(platform ?? '');

/** The one that a project's platform most likely uses. */
export function likelyTool(platform: string | null | undefined): string {
  if (platform === 'javascript-nextjs') return 'nextjs';
  if (platform === 'react-native') return 'react-native';
  return platform?.startsWith('javascript') ? 'vite' : 'sentry-cli';
}
