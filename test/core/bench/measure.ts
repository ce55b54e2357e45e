import { bench, type BenchHooks, type BenchReport } from '../../../src/core/bench/bench.js';
import type { BenchOptions } from '../../../src/core/bench/plan/options.js';
import { benchOptionsOf } from './options.js';

/** A bench of one setting, with one client and four requests. */
export function measure(
  options: Pick<BenchOptions, 'target'> & Partial<BenchOptions>,
  hooks: Partial<BenchHooks> = {},
): Promise<BenchReport> {
  return bench(benchOptionsOf(options), {
    signal: new AbortController().signal,
    onServerStart: () => undefined,
    onServerLog: () => undefined,
    onProgress: () => undefined,
    onRun: () => undefined,
    isDecided: () => false,
    ...hooks,
  });
}
