import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const folder = (name: string) => fileURLToPath(new URL(`./src/${name}`, import.meta.url));

/**
 * Grammars of template languages bring along every language that can be embedded in them: Ruby's alone
 * weighs a megabyte. A frame's context is a few lines of one language, so the guests stay out.
 * `tokenize.ts` tells shiki not to expect them.
 */
const grammarsWithoutGuests: Plugin = {
  name: 'grammars-without-guests',
  enforce: 'pre',
  resolveId(source, importer) {
    const host = /@shikijs\/langs\/dist\/\w+\.mjs$/.test(importer ?? '');
    return host && source.startsWith('./') ? '\0no-grammar' : null;
  },
  load(id) {
    return id === '\0no-grammar' ? 'export default [];' : null;
  },
};

export default defineConfig({
  plugins: [grammarsWithoutGuests, svelte()],
  resolve: {
    alias: {
      $routes: folder('routes'),
      $features: folder('features'),
      $ui: folder('ui'),
      $lib: folder('lib'),
    },
  },
  worker: { format: 'es', plugins: () => [grammarsWithoutGuests] },
  build: {
    outDir: 'dist',
    manifest: true,
    // The first browsers with `light-dark()`, which tokens.css rests on.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // An inlined asset would be a `data:` URL, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/api': { target: 'http://127.0.0.1:9000', changeOrigin: false } },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
