import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/**
 * Tests that keep to themselves: they change nothing that another file can see. All files of a worker share one set of
 * modules, which takes two thirds of the time that it takes to load everything anew for each of them.
 */
const shared = ['test/{cli,commands,console,core,docs,support-tests}/**/*.test.ts', 'test/*.test.ts'];

/** In the same folders, but they replace modules, which others have loaded already, or would then have replaced. */
const mocking = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name.replaceAll('\\', '/')}`)
  .filter((path) => /\bvi\.(mock|doMock)\(/.test(readFileSync(path, 'utf8')));

const alone = [
  ...mocking,
  // They need a library as it is when it is loaded.
  'test/core/engine/llama/{library/load-errors,loading/load,unknown-architecture}.test.ts',
  'test/core/server/http/listen.test.ts',
  // A module that sets hooks sets them for one file of a worker only; another file has these.
  'test/core/models/hugging-face.test.ts',
];

export default defineConfig({
  test: {
    // For tests that hang. Who waits for something has a deadline that comes before, and says what did not happen.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Three even on two cores: a file waits for more than half of its time, for timers, sockets and other processes. A fourth
    // would gain little, and tests with real time would be late more often.
    maxWorkers: 3,
    // The engine decodes on libuv's pool; with more threads its compute threads fight each other.
    env: { UV_THREADPOOL_SIZE: '1' },
    setupFiles: ['test/support/trusted-binary.ts'],
    projects: [
      { extends: true, test: { name: 'shared', include: shared, exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: { name: 'separate', include: ['test/**/*.test.ts'], exclude: ['test/slow/**', ...shared] },
      },
    ],
  },
});
