import type { EngineName, GpuChoice } from '../../core/engine/options.js';
import { type FlagOrigins, variableOf } from '../flags/flags.js';

/** The flags that decide which others have an effect. */
interface DecidingFlags {
  readonly engine: EngineName;
  readonly gpu: GpuChoice;
  readonly embeddings: boolean;
}

interface Rule {
  readonly applies: (flags: DecidingFlags) => boolean;
  readonly where: string;
  readonly idle: readonly string[];
}

const rules: readonly Rule[] = [
  {
    applies: ({ engine }) => engine === 'mock',
    where: '--engine mock',
    idle: [
      ...['gpu', 'gpu-layers', 'flash-attention', 'cache-type', 'prompt-cache', 'threads', 'prefill-chunk'],
      'tpot-target',
    ],
  },
  {
    applies: ({ engine }) => engine === 'llama',
    where: '--engine llama, the default',
    idle: ['mock-prefill', 'mock-token', 'mock-reply'],
  },
  {
    applies: ({ engine, gpu }) => engine === 'llama' && gpu === 'off',
    where: '--gpu off',
    idle: ['gpu-layers'],
  },
  {
    // One input at a time is computed, in a context of its own, and nothing is kept.
    applies: ({ engine, embeddings }) => engine === 'llama' && embeddings,
    where: '--embeddings',
    idle: ['flash-attention', 'cache-type', 'prompt-cache', 'tpot-target'],
  },
];

/**
 * What to warn of where flags of one engine were set for another, or for a way of computing that does not use them: one
 * line for each reason. They are not refused, so that an engine can be exchanged in a long command.
 */
export function idleFlags(flags: DecidingFlags, { isTyped, isGiven }: FlagOrigins): readonly string[] {
  return rules
    .filter(({ applies }) => applies(flags))
    .flatMap(({ where, idle }) => {
      const names = idle.filter(isGiven).map((name) => (isTyped(name) ? `--${name}` : variableOf(name)));
      if (names.length === 0) return [];
      return [`${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} no effect with ${where}`];
    });
}
