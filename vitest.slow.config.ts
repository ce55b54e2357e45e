import { defineConfig } from 'vitest/config';
import { ClientTableReporter } from './test/support/clients/table-reporter.js';

// What takes too long for every `npm test`: npm run test:slow.
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    env: { UV_THREADPOOL_SIZE: '1' },
    reporters: [
      'default',
      new ClientTableReporter('JavaScript', new URL('test/slow/clients', import.meta.url)),
      new ClientTableReporter('Python', new URL('test/slow/python-clients.test.ts', import.meta.url)),
    ],
  },
});
