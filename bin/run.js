#!/usr/bin/env node
import { flush, handle, run } from '@oclif/core';

try {
  await run(process.argv.slice(2), import.meta.url);
} catch (error) {
  // A command that does not exist is wrong usage (2), as a flag that does not exist is; oclif would say 127.
  if (error.oclif?.exit === 127) error.oclif.exit = 2;
  await handle(error);
}
await flush();
