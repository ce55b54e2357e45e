import { fileURLToPath } from 'node:url';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLlamaEngine } from '../../../src/core/engine/llama/llama-engine.js';
import { chat, createTestApp, type TestApp } from '../../support/app.js';
import { inProcess } from '../../support/in-process.js';
import { llamaOptions } from '../../support/llama-options.js';
import { parseAs } from '../../support/parse-as.js';

const chatPath = '/v1/chat/completions';
const bundled = fileURLToPath(new URL('../../../models/bundled.gguf', import.meta.url));

const completion = Type.Object({
  choices: Type.Array(Type.Object({ message: Type.Object({ content: Type.String() }), finish_reason: Type.String() })),
  usage: Type.Object({ completion_tokens: Type.Number() }),
});

const schema = {
  type: 'object',
  properties: { city: { enum: ['Kyoto', 'Osaka'] }, days: { type: 'integer', minimum: 1, maximum: 9 } },
  required: ['city', 'days'],
};
const trip = /^\{\s*"city":\s?"(Kyoto|Osaka)",\s*"days":\s?[1-9]\s*\}$/u;

/** The whole server with the model that is in the package. */
describe('a served model', () => {
  let app: TestApp;

  beforeAll(async () => {
    const engine = createLlamaEngine(llamaOptions(bundled));
    app = await createTestApp({ makeEngine: () => inProcess(engine), engine: { slots: 4 } });
  });

  afterAll(async () => {
    await app.close();
    await app.engine.stop();
  });

  async function answer(body: object): Promise<{ text: string; reason: string; tokens: number }> {
    const request = chat('Where do you want to go?', { temperature: 0, max_tokens: 60, ...body });
    const { choices, usage } = parseAs(completion, (await app.ask(chatPath, request)).json());
    const [choice] = choices;
    return {
      text: choice?.message.content ?? '',
      reason: choice?.finish_reason ?? '',
      tokens: usage.completion_tokens,
    };
  }

  it.each([
    [{ response_format: { type: 'json_object', schema } }, trip],
    [{ response_format: { type: 'json_schema', schema } }, trip],
    [{ json_schema: schema }, trip],
    [{ json_schema: JSON.stringify(schema) }, trip],
    [{ format: schema }, trip],
    [{ guided_json: schema }, trip],
    [{ structured_outputs: { json: schema } }, trip],
    [{ grammar: 'root ::= "to " ("Kyoto" | "Osaka")' }, /^to (Kyoto|Osaka)$/u],
    [{ ebnf: 'root ::= "to " place\nplace ::= "Kyoto" | "Osaka"' }, /^to (Kyoto|Osaka)$/u],
    [{ guided_grammar: 'root ::= [0-9]{3}' }, /^[0-9]{3}$/u],
    [{ regex: '[A-Z]{2}-\\d{4}' }, /^[A-Z]{2}-\d{4}$/u],
    [{ structured_outputs: { regex: '[A-Z]{2}-\\d{4}' } }, /^[A-Z]{2}-\d{4}$/u],
    [{ guided_regex: 'a|b' }, /^(a|b)$/u],
    [{ structured_outputs: { choice: ['Kyoto (old)', 'Kyoto', '大阪 "*"'] } }, /^(Kyoto \(old\)|Kyoto|大阪 "\*")$/u],
    [{ guided_choice: ['yes'] }, /^yes$/u],
  ])('with %j answers in that format, at any temperature', async (body, format) => {
    for (const temperature of [0, 2]) {
      expect(await answer({ ...body, temperature, seed: 5 })).toMatchObject({
        text: expect.stringMatching(format) as string,
        reason: 'stop',
      });
    }
  });

  it.each([
    ['json_schema', { json_schema: { type: 'wish' } }, 'The JSON schema'],
    ['format', { format: { not: {} } }, 'The JSON schema'],
    ['structured_outputs.json', { structured_outputs: { json: { type: 'wish' } } }, 'The JSON schema'],
    ['response_format', { response_format: { type: 'json_object', schema: { type: 'wish' } } }, 'The JSON schema'],
    ['grammar', { grammar: 'root ::= other' }, 'The grammar'],
    ['regex', { regex: '(' }, 'The regular expression'],
    ['guided_regex', { guided_regex: '\\bword' }, 'The regular expression'],
  ])('names %s when it cannot be followed', async (param, body, subject) => {
    const refused = await app.ask(chatPath, chat('Hi', body));
    expect(refused.statusCode).toBe(400);
    expect(refused.json<unknown>()).toMatchObject({
      error: { param, message: expect.stringContaining(subject) as string },
    });
  });

  it('names a list of choices that is too long', async () => {
    const choices = Array.from({ length: 20_000 }, (_, index) => `choice ${index * 7919}`);
    const refused = await app.ask(chatPath, chat('Hi', { structured_outputs: { choice: choices } }));
    expect(refused.json<unknown>()).toMatchObject({
      error: {
        code: 'grammar_too_complex',
        param: 'structured_outputs.choice',
        message: expect.stringContaining('The list of choices') as string,
      },
    });
  });

  it('ends its answer before a stop token, and not before the smallest number of tokens', async () => {
    const { text, tokens } = await answer({});
    const { tokens: first } = (await app.ask('/tokenize', { content: text })).json<{ tokens: number[] }>();
    const [, , third = 0] = first;
    const stopped = await answer({ stop_token_ids: [third] });
    expect(stopped).toMatchObject({ reason: 'stop', tokens: 2 });
    expect(text.startsWith(stopped.text)).toBe(true);
    const long = await answer({ min_tokens: tokens + 5 });
    expect(long.tokens).toBeGreaterThanOrEqual(tokens + 5);
    const refused = await app.ask(chatPath, chat('Hi', { stop_token_ids: [1_000_000] }));
    expect(refused.json<unknown>()).toMatchObject({ error: { param: 'stop_token_ids' } });
  });

  it('writes something else where it would repeat itself', async () => {
    const repeats = { max_tokens: 120, ignore_eos: true };
    const plain = await answer(repeats);
    const dry = await answer({ ...repeats, dry_multiplier: 5, dry_penalty_last_n: -1, dry_sequence_breakers: [] });
    expect(dry.text).not.toBe(plain.text);
  });

  it('takes other choices with XTC', async () => {
    const plain = await answer({});
    expect((await answer({ xtc_probability: 1, xtc_threshold: 0 })).text).not.toBe(plain.text);
    expect((await answer({ xtc_probability: 1, xtc_threshold: 0.6 })).text).toBe(plain.text);
  });
});
