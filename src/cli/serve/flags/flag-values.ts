import { type Interfaces, Parser } from '@oclif/core';
import { ChatstreamError } from '../../../core/base/errors.js';
import type { Config } from '../../../core/config/read-config.js';
import { argumentsOf } from './config-flags.js';

/**
 * Tries each flag that a configuration file sets on its own, so that all wrong values are named at once.
 *
 * @param file its name, for messages
 * @param known the flags of the command
 * @param explain turns an error of the parser into a {@link ChatstreamError}; null for a bug
 * @throws ChatstreamError `usage`
 */
export async function checkFlagValues(
  file: string,
  values: Config['flags'],
  known: Interfaces.FlagInput,
  explain: (error: Error) => Promise<ChatstreamError | null>,
): Promise<void> {
  const mistakes: ChatstreamError[] = [];
  for (const [name, value] of values) {
    const error = await errorOf(new Map([[name, value]]), known);
    if (error === null) continue;
    const mistake = await explain(error);
    if (mistake === null) throw error;
    mistakes.push(mistake);
  }
  const [first, ...others] = mistakes;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const list = [`${file} has ${mistakes.length} mistakes:`, ...mistakes.map(lineOf)];
  throw new ChatstreamError('usage', list.join('\n  '), { hint: usualHint });
}

const usualHint = 'See chatstream serve --help.';

/** What the parser throws for a value; null if it accepts it. */
async function errorOf(value: Config['flags'], known: Interfaces.FlagInput): Promise<Error | null> {
  const flags = Object.fromEntries(Object.entries(known).filter(([name]) => value.has(name)));
  try {
    await Parser.parse([...argumentsOf(value, known, { isGiven: () => false })], { flags, strict: true });
    return null;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function lineOf({ message, hint }: ChatstreamError): string {
  const sentence = /[.?]$/.test(message) ? message : `${message}.`;
  return hint === undefined || hint.startsWith('See ') ? sentence : `${sentence} ${hint}`;
}
