import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GenerationEvent } from '../../../../src/core/engine/engine.js';
import { type EngineLine, EngineProcess } from '../../../../src/core/engine/process/engine-process.js';
import { superviseEngine } from '../../../../src/core/engine/process/supervise-engine.js';
import { llamaOptions } from '../../../support/llama-options.js';
import { until } from '../../../support/until.js';
import { mockOptions, specOf, userPrompt } from '../mock/mock-harness.js';
import { fixture, lives, pidOf } from './processes.js';

const fast = { ...mockOptions, prefillMs: 1, tokenMs: 1 };

describe('engine process', () => {
  it('is an engine like any other', async () => {
    const engine = new EngineProcess({ engine: { ...fast, reply: 'echo' } });
    const events: GenerationEvent[] = [];
    engine.rounds((round) => events.push(...round.events));
    expect(await engine.start()).toMatchObject({ engine: 'mock', slots: 4, contextLength: 4096 });
    const { prompt } = await engine.prepare({ type: 'chat', messages: [{ role: 'user', content: 'grüß dich 🙂' }] });
    expect(prompt).toEqual(userPrompt('grüß dich 🙂'));
    expect(await engine.detokenize(await engine.tokenize('ü🙂'))).toBe('ü🙂');
    expect(await engine.spell(await engine.tokenize('🙂'))).toEqual([{ name: '🙂', piece: '🙂' }]);
    await expect(engine.detokenize([-1])).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'tokens',
      hint: expect.stringContaining('code points') as unknown,
    });
    engine.generate(specOf('a', { prompt }));
    await until(() => events.at(-1)?.type === 'ended', 'the end');
    expect(events.map((event) => (event.type === 'token' ? event.text : event.type))).toEqual([
      ...['started', 'grüß ', 'dich ', '🙂', 'ended'],
    ]);
    await engine.stop();
    expect(engine.alive).toBe(false);
  });

  it('reports nothing about a generation from the moment it is cancelled', async () => {
    const engine = new EngineProcess({ engine: fast });
    await engine.start();
    let seen = 0;
    let seenAfter = 0;
    let cancelled = false;
    engine.rounds(({ events }) => {
      const ofA = events.filter(({ id }) => id === 'a').length;
      if (cancelled) seenAfter += ofA;
      else seen += ofA;
      if (seen < 10 || cancelled) return;
      cancelled = true;
      engine.cancel('a');
      engine.generate(specOf('b', { maxTokens: 20 }));
    });
    engine.generate(specOf('a', { maxTokens: 4000 }));
    await until(() => cancelled, 'ten events');
    // Answers come in the order of the calls, so everything sent before this answer has arrived with it.
    await engine.tokenize('x');
    expect(seenAfter).toBe(0);
    await engine.stop();
  });

  it('reports a start that takes long, and can be stopped meanwhile', async () => {
    let report: (waits: string) => void = () => undefined;
    const reported = new Promise<string>((resolve) => {
      report = resolve;
    });
    const engine = new EngineProcess({
      engine: fast,
      entry: fixture('loading-host'),
      slowStartMs: 20,
      stopDeadlineMs: 20,
      onSlowStart: (role, pid, { loading, waitedMs }) => {
        if (loading !== null) report(`${role} ${pid === engine.pid} ${waitedMs >= 20} ${JSON.stringify(loading)}`);
      },
    });
    const started = engine.start().catch((error: unknown) => error);
    expect(await reported).toBe('engine true true {"step":"weights","percent":7}');
    await engine.stop();
    expect(await started).toMatchObject({ code: 'engine_failed' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves the reaction to %s to the main process', async (signal) => {
    const engine = new EngineProcess({ engine: fast });
    await engine.start();
    if (engine.pid === null) throw new Error('There is no process.');
    process.kill(engine.pid, signal);
    expect(await engine.tokenize('a')).toEqual([97]);
    await engine.stop();
    expect(await engine.exited).toMatchObject({ code: 0, signal: null });
  });

  it('rejects open calls when it dies', async () => {
    const engine = new EngineProcess({ engine: fast, entry: fixture('deaf-host') });
    await engine.start();
    const call = engine.tokenize('a');
    engine.kill();
    await expect(call).rejects.toMatchObject({ code: 'engine_failed' });
  });

  it('is killed if it does not stop', async () => {
    const engine = new EngineProcess({ engine: fast, entry: fixture('deaf-host'), stopDeadlineMs: 200 });
    await engine.start();
    await engine.stop();
    expect(await engine.exited).toMatchObject({ signal: 'SIGKILL' });
  });
});

describe('the environment of an engine process', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('has no secrets and none of the variables of our flags', async () => {
    for (const name of ['CHATSTREAM_API_KEY', 'CHATSTREAM_MODEL', 'HF_TOKEN', 'CHATSTREAM_TEST']) vi.stubEnv(name, 'x');
    vi.stubEnv('PASSED_ON', 'x');
    const lines: string[] = [];
    const engine = new EngineProcess({
      engine: fast,
      entry: fixture('naming-host'),
      log: ({ text }) => lines.push(text),
    });
    await expect(engine.start()).rejects.toMatchObject({ code: 'engine_failed' });
    const names = lines.join(' ').split(' ');
    expect(names).toContain('PASSED_ON');
    expect(names).toContain('UV_THREADPOOL_SIZE');
    expect(names.filter((name) => /^CHATSTREAM_|TOKEN/.test(name))).toEqual([]);
  });
});

describe('first start', () => {
  it('keeps code, message and hint of the engine', async () => {
    const engine = superviseEngine({ engine: fast, entry: fixture('refusing-host') });
    const start = engine.start();
    const pid = pidOf(engine);
    await expect(start).rejects.toMatchObject({
      code: 'model_unreadable',
      message: 'This is no GGUF file.',
      hint: 'Look at --model.',
      param: 'model',
    });
    expect(lives(pid)).toBe(false);
  });

  it('keeps the error of the real engine', async () => {
    const engine = superviseEngine({ engine: llamaOptions(fixture('parent')) });
    await expect(engine.start()).rejects.toMatchObject({
      code: 'model_unreadable',
      hint: expect.stringContaining('GGUF') as unknown,
    });
  });

  it('reports the last output of a process that crashed, and keeps it out of our own output', async () => {
    const lines: EngineLine[] = [];
    const entry = fixture('crashing-host');
    const engine = superviseEngine({ engine: fast, entry, log: (line) => lines.push(line) });
    await expect(engine.start()).rejects.toMatchObject({
      code: 'engine_failed',
      message: 'The engine process crashed (SIGABRT). Its last output: GGML_ASSERT failed: no memory left | backtrace',
    });
    expect(lines).toContainEqual({ role: 'engine', stream: 'stdout', text: 'loading' });
    expect(lines).toContainEqual({ role: 'engine', stream: 'stderr', text: 'backtrace' });
  });

  it('suspects a lack of memory if it was killed', async () => {
    const engine = superviseEngine({ engine: fast, entry: fixture('killed-host') });
    await expect(engine.start()).rejects.toMatchObject({
      code: 'engine_failed',
      message: expect.stringContaining('out of memory') as unknown,
      hint: expect.stringContaining('--context') as unknown,
    });
  });

  it('reports an exit code', async () => {
    const engine = superviseEngine({ engine: fast, entry: fixture('missing-host') });
    await expect(engine.start()).rejects.toMatchObject({
      code: 'engine_failed',
      message: expect.stringMatching(/exit code 1.*Cannot find module/) as unknown,
    });
  });
});
