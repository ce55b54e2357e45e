import { defineConfig } from 'vitest/config';
import { ClientTableReporter } from './test/support/clients/table-reporter.js';

/**
 * Tests that keep to themselves: they change nothing that another file can see. All files of a worker share one set of
 * modules, which takes two thirds of the time that it takes to load everything anew for each of them.
 */
const shared = [
  'test/core/{base,compare,config,gguf,history,inference,measurement,report,scheduler,server,statistics,telemetry,watch}/**/*.test.ts',
  'test/core/engine/{dialects,format,grammar,mock,text,threads}/**/*.test.ts',
  'test/core/bench/{client,plan,record,result,search,workload}/**/*.test.ts',
  'test/console/**/*.test.ts',
];

/** In the same folders, but they replace modules. */
const replacing = ['test/core/server/http/{key-ring,listen}.test.ts'];

export default defineConfig({
  test: {
    // For tests that hang. Who waits for something has a deadline that comes before, and says what did not happen.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two even on two cores: much of the time is spent on the start of processes. More would only get in each other's way.
    maxWorkers: 2,
    // The engine decodes on libuv's pool; with more threads its compute threads fight each other.
    env: { UV_THREADPOOL_SIZE: '1' },
    reporters: ['default', new ClientTableReporter('JavaScript', new URL('test/e2e/clients', import.meta.url))],
    projects: [
      { extends: true, test: { name: 'shared', include: shared, exclude: replacing, isolate: false } },
      { extends: true, test: { name: 'replacing', include: replacing } },
      {
        extends: true,
        test: { name: 'separate', include: ['test/**/*.test.ts'], exclude: ['test/slow/**', ...shared] },
      },
    ],
  },
});
