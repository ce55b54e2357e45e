/**
 * The work of an engine process: `engine` generates, `prompts` prepares prompts and translates between text and tokens.
 * The mock engine does both in one process, as `engine`.
 */
export type ProcessRole = 'engine' | 'prompts';

/** As people read them in messages. */
export const processNames = {
  engine: 'engine process',
  prompts: 'prompt process',
} as const satisfies Record<ProcessRole, string>;
