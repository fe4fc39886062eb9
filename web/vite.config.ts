import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const folder = (name: string) => fileURLToPath(new URL(`./src/${name}`, import.meta.url));

export default defineConfig({
  plugins: [svelte()],
  resolve: {
    alias: {
      $routes: folder('routes'),
      $features: folder('features'),
      $ui: folder('ui'),
      $lib: folder('lib'),
    },
  },
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
