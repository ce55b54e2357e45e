import { Parser } from '@oclif/core';
import { benchFlags, benchOptions } from '../../src/cli/bench-flags.js';
import type { BenchOptions, TargetOptions } from '../../src/core/bench/plan/options.js';

/** A server of its own, as the command would describe it. */
export const own: TargetOptions = { type: 'own', command: ['chatstream', 'serve'], serverFlags: {} };

/** What bench makes of its flags. */
export async function optionsOf(...argv: readonly string[]): Promise<BenchOptions> {
  const { flags } = await Parser.parse([...argv], { flags: benchFlags, strict: true });
  return benchOptions(flags, flags.url === undefined ? own : { type: 'url', url: flags.url }, '1.2.3');
}
