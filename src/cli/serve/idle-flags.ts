import type { EngineName, GpuChoice } from '../../core/engine/options.js';
import { type FlagOrigins, variableOf } from '../flags/flags.js';

/** The flags that decide whether others have an effect. */
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
    // Inputs are computed one at a time, in a context of their own, and nothing is kept.
    applies: ({ engine, embeddings }) => engine === 'llama' && embeddings,
    where: '--embeddings',
    idle: ['flash-attention', 'cache-type', 'prompt-cache', 'tpot-target'],
  },
];

/**
 * Warnings about flags that are set for one engine but used with another, or with a mode that ignores them: one line
 * for each reason. They are not refused, so that the engine can be exchanged in a long command.
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
