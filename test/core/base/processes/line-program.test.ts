import { describe, expect, it } from 'vitest';
import { runForLines, type Spawn } from '../../../../src/core/base/processes/line-program.js';
import { failAtOnce, failLater } from '../../../support/failing-spawn.js';

/** Everything that a program reported until its end. */
function run(program: string, args: readonly string[], create?: Spawn): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  return new Promise((resolve) => {
    const onEnd = (error: Error | null): void => {
      seen.push(error);
      // Whatever else it would report is reported by then.
      setImmediate(() => {
        resolve(seen);
      });
    };
    runForLines(program, args, { onLine: (line) => seen.push(line), onEnd }, create);
  });
}

describe('a program that is run for its lines', () => {
  it('ends when it is told to', async () => {
    const code = 'console.log("one\\ntwo"); setInterval(() => {}, 1000)';
    const lines: string[] = [];
    const end = await new Promise((resolve) => {
      const stop = runForLines(process.execPath, ['-e', code], {
        onLine: (line) => {
          if (lines.push(line) === 2) stop();
        },
        onEnd: resolve,
      });
    });
    expect(lines).toEqual(['one', 'two']);
    expect(end).toBeNull();
  });

  it('has ended if there is no such program', async () => {
    expect(await run('/nowhere/program', [])).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
  });

  it.each([
    ['EMFILE', failLater('EMFILE')],
    ['EAGAIN', failLater('EAGAIN')],
    ['ENOMEM', failAtOnce('ENOMEM')],
  ])('has ended if the machine has no room for it (%s)', async (code, create) => {
    expect(await run('program', [], create)).toEqual([expect.objectContaining({ code })]);
  });
});
