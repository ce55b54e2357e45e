import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { parseAs } from '../support/parse-as.js';
import { runCli } from '../support/server-process.js';

const sample = Type.Object({
  state: Type.Literal('completed'),
  send_us: Type.Number(),
  end_us: Type.Number(),
  queue_wait_source: Type.Literal('measured'),
  metrics_us: Type.Object({ queue_wait: Type.Number() }),
});

// Tried again, because a machine that is busy all the time delays every request; a wrong measurement fails each time.
it('measures the waits that four clients of one slot must have', { retry: 4 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chatstream-queue-wait-'));
  try {
    const path = join(folder, 'samples.jsonl');
    const server = ['--engine', 'mock', '--mock-prefill', '40ms', '--mock-token', '20ms'];
    const load = ['-c', '4', '-n', '1', '-r', '24', '--warmup', '0', '--output-tokens', '8'];
    const bench = await runCli(['bench', ...server, ...load, '--samples', path]);
    expect(await bench.exited, bench.stderr).toBe(0);

    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const inTurn = lines.map((line) => parseAs(sample, JSON.parse(line))).toSorted((a, b) => a.end_us - b.end_us);
    expect(inTurn).toHaveLength(24);
    // With one slot a request starts when the one before it ends, which the client sees for itself.
    const errorsMs = inTurn.slice(1).map(({ send_us: sendUs, metrics_us: { queue_wait: waitUs } }, index) => {
      const startedUs = inTurn[index]?.end_us ?? Number.NaN;
      return Math.abs(waitUs - Math.max(0, startedUs - sendUs)) / 1000;
    });
    // The client sees an end some milliseconds late, on a slow machine more; a mistake in the measurement itself would
    // be a round of 20 ms or more, for all of them.
    expect(lowerQuartile(errorsMs)).toBeLessThan(10);
    // Three others are served first, each for 40 + 7 × 20 ms. A request that is sent late waits less, and a delayed one
    // longer.
    const steadyMs = inTurn.slice(4).map(({ metrics_us: { queue_wait: waitUs } }) => waitUs / 1000);
    expect(upperQuartile(steadyMs)).toBeGreaterThan(3 * 180 - 10);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? Number.NaN;
}

function upperQuartile(values: readonly number[]): number {
  return -lowerQuartile(values.map((value) => -value));
}
