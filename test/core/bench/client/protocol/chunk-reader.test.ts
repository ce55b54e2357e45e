import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatProtocol } from '../../../../../src/core/bench/client/protocol/chat-protocol.js';
import { ChunkReader } from '../../../../../src/core/bench/client/protocol/chunk-reader.js';
import { ChunkTemplate } from '../../../../../src/core/bench/client/protocol/chunk-template.js';

const { chunkIn } = chatProtocol;

/** Pieces of text with everything in them that could mislead a search. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    '',
    'a',
    'x',
    '"',
    '\\',
    '\\"',
    '\n',
    '","',
    '":"',
    '"content":"',
    'content',
    'stop',
    'é',
    '}',
    '\u2028',
  ),
);

/** One more member, at any depth, that a search might take for the real thing. */
const extra = fc.oneof(
  fc.constant({}),
  fc.record({ id: text }),
  fc.record({ content: text }),
  fc.record({ delta: fc.record({ content: text }) }),
  fc.record({ usage: fc.constantFrom(null, { prompt_tokens: 1, completion_tokens: 2 }) }),
  fc.record({ timings: fc.constantFrom(null, { queue_ms: 1, prefill_ms: 2 }, { prompt_ms: 3 }) }),
  fc.record({ error: fc.constantFrom(null, 'no', { code: 'x', message: 'y' }) }),
  fc.dictionary(text, text, { maxKeys: 2 }),
);

const delta = fc
  .tuple(
    fc.oneof(
      fc.record({ content: fc.oneof(text, fc.constant(null)) }),
      fc.record({ role: fc.constant('assistant'), content: text, reasoning_content: fc.constant(null) }),
      fc.record({ reasoning: text }),
      fc.record({ tool_calls: fc.array(fc.record({ function: fc.record({ name: text, arguments: text }) })) }),
    ),
    extra,
  )
  .map(([main, more]) => ({ ...more, ...main }));

const choice = fc
  .tuple(
    fc.oneof(fc.record({ delta }), fc.record({ text })),
    fc.record({ finish_reason: fc.constantFrom(null, null, null, 'stop') }),
    extra,
  )
  .map(([main, finish, more]) => ({ ...more, ...main, ...finish }));

/** Chunks in the order of a stream, mostly alike, spelled in ways that differ from each other. */
const chunks = fc.array(
  fc
    .tuple(fc.record({ choices: fc.array(choice, { maxLength: 2 }) }), extra, fc.boolean(), fc.constantFrom(0, 0, 1))
    .map(([main, more, isMoreFirst, indent]) =>
      JSON.stringify(isMoreFirst ? { ...more, ...main } : { ...main, ...more }, null, indent).replace(/\n/g, ' '),
    ),
  { maxLength: 6 },
);

/** Chunks, and then the same with other text, so that most differ from another one in their text only. */
const stream = fc
  .tuple(chunks, fc.array(fc.tuple(fc.nat(), text), { maxLength: 12 }))
  .map(([originals, replacements]) => [
    ...originals,
    ...replacements.flatMap(([pick, to]) => {
      const original = originals[pick % originals.length] ?? '{}';
      const from = chunkIn(JSON.parse(original)).text ?? '';
      return [original, original.replace(JSON.stringify(from), () => JSON.stringify(to))].filter(isJson);
    }),
  ]);

/** Where a text looks like punctuation, replacing it may leave nothing that is JSON. */
function isJson(data: string): boolean {
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

describe('ChunkReader', () => {
  it('reads every stream as it would by parsing each of its chunks', () => {
    fc.assert(
      fc.property(stream, (events) => {
        const reader = new ChunkReader();
        let usage: unknown = null;
        let hasReasoning = false;
        let error: unknown = null;
        for (const data of events) {
          const whole = chunkIn(JSON.parse(data));
          usage = whole.usage ?? usage;
          hasReasoning ||= whole.hasReasoning;
          error ??= whole.error;
          expect(reader.read(data, '')).toBe(whole.text !== null);
          const runningCount = whole.usage?.outputTokens ?? null;
          const finishReason = whole.finishReason ?? reader.finishReason;
          expect(reader).toMatchObject({ usage, runningCount, hasReasoning, finishReason, error, nonsense: null });
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('knows the mark at the end', () => {
    const reader = new ChunkReader();
    expect(reader.read('{"choices":[]}', '')).toBe(false);
    expect(reader.isDone).toBe(false);
    expect(reader.read('[DONE]', '')).toBe(false);
    expect(reader.isDone).toBe(true);
  });

  it('takes an event named error for an error, whatever its data is', () => {
    const reader = new ChunkReader();
    expect(reader.read('out of\nmemory', 'error')).toBe(false);
    expect(reader.error).toEqual({ code: null, type: null, status: null, message: 'out of memory' });
  });

  it('keeps the first error', () => {
    const reader = new ChunkReader();
    reader.read('{"error":{"code":"first","message":"1"}}', '');
    reader.read('{"error":{"code":"second","message":"2"}}', '');
    expect(reader.error?.code).toBe('first');
  });

  it('keeps data that is not JSON, and lets empty data pass', () => {
    const reader = new ChunkReader();
    expect(reader.read('', '')).toBe(false);
    expect(reader.nonsense).toBeNull();
    expect(reader.read('{"choices":[', '')).toBe(false);
    expect(reader.nonsense).toBe('{"choices":[');
  });
});

describe('ChunkTemplate', () => {
  const chunkOf = (content: string): string =>
    `{"id":"a","choices":[{"delta":{"content":${content}},"finish_reason":null}]}`;
  const learned = (data: string, learnedText: string): ChunkTemplate => {
    const template = new ChunkTemplate();
    template.learn(data, learnedText, (longer) => chunkIn(JSON.parse(longer)).text);
    return template;
  };

  it('fits chunks that differ in nothing but their text', () => {
    const template = learned(chunkOf('"Hi"'), 'Hi');
    expect(template.fits(chunkOf('" there"'))).toBe(true);
    expect(template.fits(chunkOf('"é 🦙"'))).toBe(true);
  });

  it.each(['""', '"\\n"', '"\\""', '"a","x":"b"', 'null', '"a'])('does not fit %s', (content) => {
    expect(learned(chunkOf('"Hi"'), 'Hi').fits(chunkOf(content))).toBe(false);
  });

  it('does not fit anything before it has learned', () => {
    expect(new ChunkTemplate().fits('{}')).toBe(false);
  });

  it('learns from text with escapes too', () => {
    expect(learned(chunkOf('"\\n"'), '\n').fits(chunkOf('"a"'))).toBe(true);
  });

  it('learns nothing where the text may be elsewhere', () => {
    // The first "a" is the id.
    expect(learned(chunkOf('"a"'), 'a').fits(chunkOf('"b"'))).toBe(false);
    expect(learned(chunkOf('"\\u0062"'), 'b').fits(chunkOf('"c"'))).toBe(false);
  });

  it('gives up where every chunk is different', () => {
    const template = new ChunkTemplate();
    let readings = 0;
    for (let id = 0; id < 10; id += 1) {
      template.learn(`{"id":${id},"choices":[{"delta":{"content":"Hi"}}]}`, 'Hi', (data) => {
        readings += 1;
        return chunkIn(JSON.parse(data)).text;
      });
    }
    expect(readings).toBe(3);
  });
});
