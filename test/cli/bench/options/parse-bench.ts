import { Parser } from '@oclif/core';
import { benchFlags } from '../../../../src/cli/bench/flags/flags.js';
import { benchOptions } from '../../../../src/cli/bench/options/options.js';
import { flagOrigins } from '../../../../src/cli/flags/flags.js';
import type { BenchOptions } from '../../../../src/core/bench/plan/options.js';

/** What bench makes of its flags. */
export async function optionsOf(...argv: readonly string[]): Promise<BenchOptions> {
  const parsed = await Parser.parse([...argv], { flags: benchFlags, strict: true });
  return benchOptions(parsed.flags, flagOrigins(parsed), { root: '/package', version: '1.2.3' });
}
