import { describe, expect, it } from 'vitest';
import { aboutSettings } from '../../../src/cli/flags/settings-file.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';

const file = { path: 'team.yaml', names: ['slots', 'queue-policy'] };

function told(message: string, hint?: string): readonly (string | undefined)[] {
  const error = aboutSettings(new ChatstreamError('usage', message, hint === undefined ? {} : { hint }), file);
  return [error.code, error.message, error.hint];
}

describe('an error about flags that a file gives', () => {
  it('names the file, and the flags as they are written there', () => {
    expect(told('--slots 2 is less than --max-concurrency 4.', 'Raise --slots, or leave it out.')).toEqual([
      'usage',
      'team.yaml: "slots" 2 is less than --max-concurrency 4.',
      'Raise "slots", or leave it out.',
    ]);
  });

  it('has values as in the error', () => {
    expect(told('Expected --queue-policy=fairr to be one of: fifo, fair.')[1]).toBe(
      'team.yaml: Expected "queue-policy" fairr to be one of: fifo, fair.',
    );
  });

  it('does not name the file twice', () => {
    expect(told('team.yaml has 2 mistakes:\n  --slots: 0')[1]).toBe('team.yaml has 2 mistakes:\n  "slots": 0');
  });

  it('stays as it is if it is about other flags', () => {
    const message = '--slots-of-others, --no-slots and --max-queue are wrong.';
    expect(told(message, 'See --help.')).toEqual(['usage', message, 'See --help.']);
  });
});
