import { describe, expect, it } from 'vitest';
import { flagsOfOthers } from '../../../src/cli/command/flags-of-others.js';
import Bench from '../../../src/commands/bench.js';
import Serve from '../../../src/commands/serve.js';

describe('flags of other programs', () => {
  it.each(Object.entries(flagsOfOthers))('--%s is --%s here', (other, ours) => {
    const [serve, bench] = [Object.keys(Serve.flags), Object.keys(Bench.flags)];
    expect([...serve, ...bench]).toContain(ours);
    expect([...serve, ...bench]).not.toContain(other);
  });
});
