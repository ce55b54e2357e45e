import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**'],
    // For tests that hang. Who waits for something has a deadline that comes before, and says what did not happen.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two even on two cores: much of the time is spent on the start of processes. More would only get in each other's way.
    maxWorkers: 2,
    // The engine decodes on libuv's pool; with more threads its compute threads fight each other.
    env: { UV_THREADPOOL_SIZE: '1' },
  },
});
