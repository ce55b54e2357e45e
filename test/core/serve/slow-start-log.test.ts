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
    const slow = { waitedMs: 30_000, loading: { step: 'weights', percent: 42 }, advances: true } as const;
    expect(logged('engine', 7, slow)).toEqual([
      'info engine is still loading after 30 s: 42 % of the weights have been read',
    ]);
  });

  it('warns if nothing changes', () => {
    const slow = { waitedMs: 60_000, loading: { step: 'library' }, advances: false } as const;
    expect(logged('engine', 7, slow)).toEqual([
      'warn engine is still loading after 60 s: llama.cpp is being opened; nothing has changed since the last look',
    ]);
  });

  it('warns of a process that does not say what it does', () => {
    const [line] = logged('prompts', 7, { waitedMs: 30_000, loading: null, advances: false });
    expect(line).toMatch(/^warn .* is still loading after 30 s; nothing has changed/);
  });
});
