import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type AnswerStream, streamChat } from '../support/answer-stream.js';
import { queueOf } from '../support/queue-view.js';
import { startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-preemption-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Requests without a key are interactive, and may ask to be batch. */
const config = join(folder, 'keys.yaml');
writeFileSync(config, 'anonymous: { class: interactive, role: admin }\n');

const engines = {
  mock: ['--engine', 'mock', '--mock-reply', 'echo', '--mock-prefill', '5ms', '--mock-token', '10ms'],
  llama: ['--gpu', 'off', '--threads', '1', '--context', '4096'],
} as const;

/** So many that the other request comes in time: they take seconds, or most of one. */
const tokensOf = { mock: 600, llama: 2000 } as const;

const question = Array.from({ length: 40 }, (_, word) => `${word}.`).join(' ');

describe.each(['mock', 'llama'] as const)('a batch generation that is paused, engine %s', (engine) => {
  it('writes the text that it would have written, and is counted once', { timeout: 240_000 }, async () => {
    const server = await startServer([
      ...engines[engine],
      ...['--config', config, '-n', '1', '--preempt-batch-after', '0ms'],
    ]);
    const tokens = tokensOf[engine];
    const night = (): AnswerStream =>
      streamChat(server.url, question, { priority: 'batch', temperature: 0, max_tokens: tokens, ignore_eos: true });
    const alone = await night().ended;
    const paused = night();
    await until(() => paused.text.length > 20, 'the text to begin');
    const anna = await streamChat(server.url, 'Hello.', { max_tokens: 20 }).ended;
    await paused.ended;

    expect(anna).toMatchObject({ status: 200, isComplete: true });
    expect(paused.text).toBe(alone.text);
    expect(paused.timings).toMatchObject({ output_tokens: tokens, prompt_tokens: alone.timings?.prompt_tokens });
    expect(paused.timings?.paused_ms).toBeGreaterThan(0);
    expect(alone.timings).not.toHaveProperty('paused_ms');
    const { tokens: counted, totals } = await queueOf(server.url);
    expect(totals).toMatchObject({ completed: 3, cancelled: 0, failed: 0 });
    expect(counted.output).toBe(2 * tokens + (anna.timings?.output_tokens ?? 0));
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^chatstream_preemptions_total 1$/m);
    expect(await server.stop()).toBe(0);
  });
});
