import { describe, expect, it } from 'vitest';
import { logSlowStart } from '../../../src/core/serve/slow-start-log.js';

/** @returns what was logged, as `LEVEL TEXT` */
function logged(
  ...[role, pid, slow]: Parameters<typeof logSlowStart> extends [...infer T, unknown] ? T : never
): string[] {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (_: unknown, text?: string): void =>
      void lines.push(`${level} ${text}`);
  logSlowStart(role, pid, slow, { info: at('info'), warn: at('warn') });
  return lines;
}

describe('the log of a slow start', () => {
  it('says how far it is', () => {
    const slow = { waitedMs: 30_000, loading: { step: 'weights', percent: 42 }, unchangedMs: 0 } as const;
    expect(logged('engine', 7, slow)).toEqual([
      'info the engine process is still loading after 30 s: 42 % of the weights have been read',
    ]);
  });

  it('warns if nothing changes, and says for how long', () => {
    const slow = { waitedMs: 60_000, loading: { step: 'vocabulary' }, unchangedMs: 58_700 } as const;
    expect(logged('prompts', 7, slow)).toEqual([
      'warn the prompt process is still loading after 60 s: the vocabulary is being read, and the chat template tried, and nothing has changed for 59 s',
    ]);
  });

  it('warns of a process that has not said anything, without a word of an earlier look', () => {
    expect(logged('prompts', 7, { waitedMs: 30_000, loading: null, unchangedMs: 30_000 })).toEqual([
      'warn the prompt process has not begun to load after 30 s: the machine may be too busy to start it',
    ]);
  });
});
