import { describe, expect, it } from 'vitest';
import { flagsOfOthers } from '../../../src/cli/command/flags-of-others.js';
import Bench from '../../../src/commands/bench.js';
import HistoryShow from '../../../src/commands/history/show.js';
import Serve from '../../../src/commands/serve.js';

describe('flags of other programs', () => {
  it.each(Object.entries(flagsOfOthers))('--%s is --%s here', (other, ours) => {
    const names = [Serve, Bench, HistoryShow].flatMap(({ flags }) => Object.keys(flags));
    expect(names).toContain(ours);
    expect(names).not.toContain(other);
  });
});
