import { setImmediate } from 'node:timers/promises';
import { Errors, handle, run } from '@oclif/core';
import { exitCodes } from './exit-codes.js';
import { guardOutput } from './output.js';

/** Runs the command that `process.argv` names. */
export async function main(): Promise<void> {
  guardOutput();
  try {
    await run(process.argv.slice(2), import.meta.url);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // A command that does not exist is wrong usage, as is a flag that does not exist; oclif would exit with 127.
    if (error instanceof Errors.CLIError && error.oclif.exit === 127) error.oclif.exit = exitCodes.wrongUsage;
    // The streams report failed writes in a later tick, and `handle` ends the process at once.
    await setImmediate();
    await handle(error);
  }
}
