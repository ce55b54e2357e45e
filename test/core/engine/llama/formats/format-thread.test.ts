import { afterAll, describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../../src/core/base/errors.js';
import { chatDialect } from '../../../../../src/core/engine/dialects/templates/chat-dialect.js';
import { FormatThread } from '../../../../../src/core/engine/llama/formats/format-thread.js';
import { Formats } from '../../../../../src/core/engine/llama/formats/formats.js';
import type { OutputFormat } from '../../../../../src/core/engine/output-format.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

const thinking = "{% if '<think>' in message.content %}<tool_call>{% endif %}";

const demand = { tools: [{ name: 'say', isStrict: false }], isRequired: false, isParallel: null };

const formats: readonly OutputFormat[] = [
  { type: 'text' },
  { type: 'json_object', param: 'format' },
  { type: 'json_schema', schema: { type: 'object', properties: { a: { enum: ['x', 1, null] }, __proto__: {} } } },
  { type: 'regex', regex: '[a-z]{3}' },
  { type: 'choice', choices: ['yes', 'no'] },
  { type: 'calls', demand, otherwise: { type: 'text' } },
  { type: 'json_schema', schema: { type: 'wish' } },
  { type: 'json_schema', schema: { if: {} }, param: 'text.format' },
  { type: 'choice', choices: Array.from({ length: 30_000 }, (_, index) => `word ${index}`) },
];

/** Takes all the steps that a compilation may take: some half a second. */
const longest: OutputFormat = {
  type: 'json_schema',
  schema: {
    type: 'object',
    properties: Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`p${index}`, { type: 'string', pattern: `^(a|b${index}){1,9}$` }]),
    ),
  },
};

async function outcome(compile: () => Promise<OutputFormat>): Promise<unknown> {
  try {
    return await compile();
  } catch (error) {
    if (!(error instanceof ChatstreamError)) throw error;
    const { code, message, hint, param } = error;
    return { code, message, hint, param };
  }
}

const threads = new Map([null, thinking].map((source) => [source, new FormatThread(source)]));
const thread = threads.get(null) ?? new FormatThread(null);

afterAll(async () => {
  await Promise.all([...threads.values()].map((each) => each.stop()));
});

describe('a thread that compiles formats', () => {
  it.each([null, thinking])(
    'makes the same of them as this one, errors included, with the template %j',
    async (source) => {
      const compiled = threads.get(source) ?? thread;
      const here = new Formats();
      const dialect = chatDialect(source);
      for (const chat of [null, { isThinking: false }, { isThinking: true }]) {
        for (const format of formats) {
          const expected = await outcome(() =>
            Promise.resolve().then(() => here.compile(format, chat === null ? null : { ...chat, dialect })),
          );
          expect(await outcome(() => compiled.compile(format, chat))).toEqual(expected);
        }
      }
    },
  );

  it('lets everything else go on meanwhile', async () => {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    count();
    await expect(thread.compile(longest, null)).rejects.toMatchObject({ code: 'grammar_too_complex' });
    isOver = true;
    expect(turns).toBeGreaterThan(100);
  });

  it('does what comes next if a client leaves, and leaves out what nobody waits for', async () => {
    const leaving = new AbortController();
    const unique = (regex: string): OutputFormat => ({ type: 'regex', regex });
    const left = [unique('a{1,5}'), unique('b{1,5}')].map((format) => thread.compile(format, null, leaving.signal));
    const stayed = thread.compile(unique('c{1,5}'), null);
    leaving.abort(new Error('left'));
    for (const each of left) await expect(each).rejects.toThrow('left');
    await expect(stayed).resolves.toMatchObject({ type: 'compiled' });
  });

  it('does nothing more once it is stopped, also for those that wait', async () => {
    const mortal = new FormatThread(null);
    const open = [longest, { type: 'json_object' } as const].map((format) => mortal.compile(format, null));
    await mortal.stop();
    for (const each of open) await expect(each).rejects.toMatchObject({ code: 'engine_failed' });
    await expect(mortal.compile({ type: 'choice', choices: ['a'] }, null)).rejects.toMatchObject({
      code: 'engine_failed',
    });
  });

  it('is replaced when a format holds it for too long, which is refused', async () => {
    const clock = new VirtualClock();
    const held = new FormatThread(null, clock);
    const refused = held.compile(longest, null);
    const next = held.compile({ type: 'json_object' }, null);
    clock.advance(15_000);
    await expect(refused).rejects.toMatchObject({ code: 'grammar_too_complex', param: 'response_format' });
    await expect(refused).rejects.toThrow('compiling it takes longer than');
    await expect(next).resolves.toMatchObject({ type: 'compiled' });
    await held.stop();
  });
});
