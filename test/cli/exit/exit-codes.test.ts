import { describe, expect, it } from 'vitest';
import { exitCodeOf, exitCodes } from '../../../src/cli/exit/exit-codes.js';
import type { ErrorCode } from '../../../src/core/base/errors.js';

/** The list of docs/serve.md, as far as a server can end with it. */
const contract: readonly (readonly [number, ErrorCode])[] = [
  [2, 'usage'],
  [3, 'model_unreadable'],
  [3, 'out_of_memory'],
  [3, 'backend_unavailable'],
  [3, 'engine_unavailable'],
  [3, 'engine_failed'],
  [1, 'address_unavailable'],
  [130, 'cancelled'],
  [1, 'internal'],
];

describe('exit codes', () => {
  it('are those that scripts rely on', () => {
    expect(exitCodes).toMatchObject({
      done: 0,
      unexpectedFailure: 1,
      wrongUsage: 2,
      notAvailable: 3,
      interrupted: 130,
    });
  });

  it.each(contract)('are %i for %s', (exitCode, code) => {
    expect(exitCodeOf(code)).toBe(exitCode);
  });
});
