import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/core/base/clock.js';
import { clientLeftError } from '../../../../src/core/base/refusals/refusals.js';
import type { Demands, EngineInfo, PromptEngine, PromptSource } from '../../../../src/core/engine/engine.js';
import { createLlamaPromptEngine } from '../../../../src/core/engine/llama/prompt-engine.js';
import { specialTokens, syntheticModel } from '../../../support/gguf/index.js';
import { llamaOptions } from '../../../support/llama-options.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { EngineHarness } from './engine-harness.js';

const chat: Extract<PromptSource, { type: 'chat' }> = {
  type: 'chat',
  messages: [{ role: 'user', content: 'Grüß dich 🙂' }],
};
/** So many that a chat with them may take long. */
const manyValues = Array.from({ length: 300 }, () => 1);
const noDemands: Demands = { format: { type: 'text' }, logitBias: {}, stopTokens: [] };

async function promptEngine(): Promise<PromptEngine> {
  return createLlamaPromptEngine(llamaOptions(await syntheticModel()), () => undefined);
}

let whole: EngineHarness;
let prompts: PromptEngine;
let info: EngineInfo;
beforeAll(async () => {
  whole = await EngineHarness.start({ slots: 1 });
  prompts = await promptEngine();
  info = await prompts.start();
});
afterAll(async () => {
  await Promise.all([whole.stop(), prompts.stop()]);
});

describe('a prompt engine', () => {
  it.each([
    ['a chat', chat],
    ['a text', { type: 'text', text: 'Q!' }],
    ['tokens', { type: 'tokens', tokens: [1, 2] }],
  ] as const)('makes the same tokens of %s as the engine with the weights', async (_name, source) => {
    expect(await prompts.prepare(source)).toEqual(await whole.engine.prepare(source));
  });

  it('says what it is doing while it loads', async () => {
    const steps: string[] = [];
    const options = llamaOptions(await syntheticModel());
    const engine = createLlamaPromptEngine(
      options,
      () => undefined,
      systemClock,
      ({ step }) => {
        steps.push(step);
      },
    );
    await engine.start();
    await engine.stop();
    expect(steps).toEqual(['library', 'vocabulary']);
  });

  it('translates between text and tokens', async () => {
    const tokens = await prompts.tokenize('ü🙂');
    expect(tokens).toEqual(await whole.engine.tokenize('ü🙂'));
    expect(await prompts.detokenize(tokens)).toBe('ü🙂');
  });

  it('describes the model as the engine does, but has no device and no prompt cache', () => {
    const { device, promptCache, chatTemplate, ...same } = info;
    expect(device).toBe('none');
    expect(promptCache.status).toBe('off');
    // The engine with the weights leaves it to the other one to know the template.
    expect(chatTemplate).toEqual(expect.any(String));
    expect(whole.info).toMatchObject({ ...same, slots: 1 });
  });

  it.each([
    [{ ...noDemands, logitBias: { 100000: 1 } }, 'logit_bias'],
    [{ ...noDemands, format: { type: 'json_schema', schema: { type: 'wish' } } }, 'response_format'],
  ] as const)('refuses demands that cannot be met: %j', async (demands, param) => {
    await expect(prompts.prepare(chat, demands)).rejects.toMatchObject({ code: 'invalid_request', param });
  });

  it.each([
    [{ type: 'json_object' }],
    [{ type: 'json_schema', schema: { type: 'object', properties: { a: { type: 'integer' } } } }],
  ] as const)('accepts demands that can be met: %j', async (format) => {
    const prepared = await prompts.prepare(chat, { ...noDemands, format });
    expect(prepared).toMatchObject({ format: { type: 'compiled' }, isThinking: false });
    expect(prepared.prompt.length).toBeGreaterThan(0);
  });

  it('does no work for a call that was given up', async () => {
    const signal = AbortSignal.abort(clientLeftError());
    await expect(prompts.prepare(chat, noDemands, signal)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(prompts.tokenize('a', {}, signal)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(prompts.detokenize([1], signal)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('reports a model that it cannot load', async () => {
    const broken = createLlamaPromptEngine(llamaOptions('/nowhere/none.gguf'), () => undefined);
    await expect(broken.start()).rejects.toMatchObject({ code: 'model_unreadable' });
    await broken.stop();
  });

  it('answers nothing before it was started and after it was stopped', async () => {
    const engine = await promptEngine();
    await expect(engine.prepare(chat)).rejects.toMatchObject({ code: 'engine_unavailable' });
    const start = engine.start();
    await engine.stop();
    await start;
    await expect(engine.tokenize('a')).rejects.toMatchObject({ code: 'engine_unavailable' });
    await expect(engine.start()).rejects.toMatchObject({ code: 'internal' });
  });

  it('answers a short call before a long one that began earlier', async () => {
    const answered: string[] = [];
    const long = prompts.tokenize('word '.repeat(50_000)).then(() => answered.push('long'));
    const short = prompts.tokenize('word').then(() => answered.push('short'));
    await Promise.all([long, short]);
    expect(answered).toEqual(['short', 'long']);
  });

  it('renders a chat that may take long elsewhere, to the same as the engine with the weights does', async () => {
    const long: PromptSource = { ...chat, arguments: { unused: manyValues } };
    expect(await prompts.prepare(long)).toEqual(await whole.engine.prepare(long));
  });

  it('tokenises a long text that cannot be cut elsewhere, to the same as the engine with the weights does', async () => {
    const long: PromptSource = { type: 'text', text: 'Grüß'.repeat(20_000) };
    const prepared = await whole.engine.tokenize(long.text);
    expect(await prompts.tokenize(long.text)).toEqual(prepared);
  });

  it('leaves such a text to a process, which ends with the engine', async () => {
    const engine = await promptEngine();
    await engine.start();
    const left = expect(engine.tokenize('Grüß'.repeat(20_000))).rejects.toMatchObject({
      code: 'engine_failed',
      message: expect.stringMatching(/^The process that tokenises long texts has ended: /) as string,
    });
    await engine.stop();
    await left;
  });

  it('refuses a chat that takes too long to be rendered, and prepares others meanwhile', async () => {
    const loops = '{% for a in range(30000) %}{% for b in range(30000) %}{% endfor %}{% endfor %}';
    const chatTemplate = `{% if is_slow %}${loops}{% endif %}{{ messages[0].content }}`;
    const options = llamaOptions(await syntheticModel({ chatTemplate }));
    const clock = new VirtualClock();
    const engine = createLlamaPromptEngine(options, () => undefined, clock);
    await engine.start();
    const long = (isSlow: boolean): PromptSource => ({ ...chat, arguments: { is_slow: isSlow, unused: manyValues } });
    const prepared = await engine.prepare(long(false));
    const refused = expect(engine.prepare(long(true))).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'messages',
      message: "The model's chat template needs more than 10 s for this chat.",
    });
    expect(await engine.prepare(chat)).toEqual(prepared);
    const meanwhile = engine.prepare(long(false));
    await nextTurn();
    clock.advance(500);
    expect(await meanwhile).toEqual(prepared);
    clock.advance(9500);
    await refused;
    await engine.stop();
  });

  it('stops working on a long text that nobody waits for', async () => {
    const controller = new AbortController();
    const long = prompts.tokenize('word '.repeat(50_000), {}, controller.signal);
    controller.abort(new Error('the client has left'));
    await expect(long).rejects.toThrow('the client has left');
  });

  it('reports a model without a chat template, with the end of the format that is used instead', async () => {
    const path = await syntheticModel({ chatTemplate: null });
    const engine = createLlamaPromptEngine(llamaOptions(path), () => undefined);
    expect(await engine.start()).toMatchObject({
      warnings: [expect.stringMatching(/^The model has no chat template\./) as string],
      chatStop: [specialTokens.endOfTurn],
    });
    await engine.stop();
    expect(info).toMatchObject({ warnings: [], chatStop: [] });
  });
});
