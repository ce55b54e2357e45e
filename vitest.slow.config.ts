import { defineConfig } from 'vitest/config';
import { ClientTableReporter } from './test/support/clients/table-reporter.js';

/** They measure, or what they try depends on time: each has the machine for itself. */
const timed = [
  'test/slow/{compare-searches,find-max,gate,load-test,misleading-answers,queue-wait,rude-clients}.test.ts',
];

// What takes too long for every `npm test`: npm run test:slow.
export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 60_000,
    env: { UV_THREADPOOL_SIZE: '1' },
    projects: [
      {
        extends: true,
        // Two even on two cores: much of the time is spent on the start of processes and browsers.
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          exclude: timed,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: 'timed', include: timed, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
    reporters: [
      'default',
      new ClientTableReporter('JavaScript', new URL('test/slow/clients', import.meta.url)),
      new ClientTableReporter('Python', new URL('test/slow/python-clients.test.ts', import.meta.url)),
    ],
  },
});
