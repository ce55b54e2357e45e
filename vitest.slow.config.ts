import { defineConfig } from 'vitest/config';

// What takes too long for every `npm test`: npm run test:slow.
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    env: { UV_THREADPOOL_SIZE: '1' },
  },
});
