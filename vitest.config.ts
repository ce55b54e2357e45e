import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The engine decodes on libuv's pool; with more threads its compute threads fight each other.
    env: { UV_THREADPOOL_SIZE: '1' },
  },
});
