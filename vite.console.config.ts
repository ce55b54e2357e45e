import { defineConfig } from 'vite';

/** Builds the page of the console into dist/console, from where the server reads it. */
export default defineConfig({
  root: 'console',
  base: './',
  // While the page is worked on, the server is another one.
  server: { proxy: { '/v1': 'http://127.0.0.1:8000' } },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // Small files as data: URLs would need a weaker content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  experimental: {
    // The page is at `/`, what it loads is under `/console/`. Relative, so that both may stand behind a prefix.
    renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `console/${file}` : { relative: true }),
  },
});
