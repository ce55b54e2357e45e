import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { ChatMessage, JsonObject } from '../../../../../src/core/engine/engine.js';
import { names, pieces, specialTokens, template } from './harness.js';
import { templates } from './templates.js';

const tokens = specialTokens(
  ...names.map((text) => ({ text })),
  { text: '<think>', type: 'user_defined' },
  { text: '</think>', type: 'user_defined' },
);
const control = new Set(names.map((_, token) => token));

const part = fc.oneof(
  fc.constantFrom(...names),
  fc
    .tuple(fc.constantFrom(...names), fc.nat(9), fc.nat(9))
    .map(([name, from, length]) => name.slice(from, from + length)),
  fc.constantFrom('/think', '/no_think', '/no_/thinkthink', '|im-end|', 'zz', 'Zx', 'im', 'q', '|'),
  fc.constantFrom('x', ' ', '\n', '</think>', '<', '|', '>', '"', '\\', 'é😀', '<s', 's'),
);
/** Text that is not empty, begins with a letter or not, and contains names and parts of names. */
const evil = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('') || 'x');

/** A name with words in it that some templates delete. */
const poison = fc
  .tuple(fc.constantFrom(...names), fc.nat(9), fc.constantFrom('/think', '/th/no_thinkink', '/no_/thinkthink'))
  .map(([name, at, word]) => `${word} x ${name.slice(0, at)}${word}${name.slice(at)}y`);
const anyEvil = fc.oneof(evil, poison);

/** The same for templates that ask whether there is any text. */
const harmless = (text: string, number: number): string => (text.trim() === '' ? text : `harmless ${String(number)}`);

interface Written {
  readonly contents: readonly string[];
  readonly name: string;
  readonly key: string;
  readonly description: string;
}

const written: fc.Arbitrary<Written> = fc.record({
  contents: fc.array(anyEvil, { minLength: 3, maxLength: 3 }),
  name: anyEvil,
  key: fc.oneof(anyEvil, fc.constantFrom('im_end', '|im-end|', '|IM_END|')),
  description: anyEvil,
});

function chat({ contents, name, key, description }: Written) {
  const [system = '', user = '', assistant = ''] = contents;
  const messages: ChatMessage[] = [
    { role: 'system', content: system },
    { role: 'user', content: user, name },
    { role: 'assistant', content: assistant, tool_calls: [{ function: { name, arguments: { [key]: description } } }] },
    { role: 'tool', content: description },
  ];
  const parameters = { type: 'object', properties: { [key]: { type: 'string', description } }, required: [key] };
  const tools: JsonObject[] = [{ type: 'function', function: { name, description, parameters } }];
  return { type: 'chat', messages, tools, documents: [{ title: name, text: description }] } as const;
}

async function controlTokensOf(source: string, from: Written): Promise<unknown[]> {
  const found = await pieces(await template(source).render(chat(from)), tokens);
  return found.filter((piece) => typeof piece === 'number' && control.has(piece));
}

describe('a prompt', () => {
  it.each(Object.entries(templates))('has the control tokens of the template alone (%s)', async (_, source) => {
    await fc.assert(
      fc.asyncProperty(written, async (from) => {
        const expected = await controlTokensOf(source, {
          contents: from.contents.map(harmless),
          name: harmless(from.name, 10),
          key: harmless(from.key, 11),
          description: harmless(from.description, 12),
        });
        const found = await controlTokensOf(source, from);
        return found.join() === expected.join();
      }),
      { numRuns: 60 },
    );
  });
});
