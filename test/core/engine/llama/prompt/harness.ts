import type { ChatMessage } from '../../../../../src/core/engine/engine.js';
import { compileJinja } from '../../../../../src/core/engine/llama/library/jinja.js';
import { importLibrary } from '../../../../../src/core/engine/llama/library/library.js';
import { ChatTemplate, type RenderTemplate } from '../../../../../src/core/engine/llama/prompt/chat-template.js';
import { Pacer } from '../../../../../src/core/engine/llama/prompt/pacer.js';
import { partition, type Piece } from '../../../../../src/core/engine/llama/prompt/partition.js';
import {
  type SpecialToken,
  SpecialTokens,
  type TracedText,
} from '../../../../../src/core/engine/llama/prompt/special-tokens.js';

const library = await importLibrary();

/** One for all tests of a file. It is never disposed of: that would take the others' renderers with it. */
const llama = await library.getLlama({ gpu: false, build: 'never', logLevel: library.LlamaLogLevel.disabled });

export const names = [
  '<s>',
  '</s>',
  '<|im_start|>',
  '<|im_end|>',
  '<|system|>',
  '<|user|>',
  '<|assistant|>',
  '<|end|>',
];

/** A function of the variables of a template, in llama.cpp's renderer. */
export function compiled(source: string): RenderTemplate {
  return compileJinja(llama, source);
}

/** A template in llama.cpp's renderer. */
export function template(source: string | undefined, protectedTexts: readonly string[] = names): ChatTemplate {
  return new ChatTemplate({
    source,
    bosToken: '<s>',
    eosToken: '</s>',
    protectedTexts,
    compile: compiled,
  });
}

export async function render(source: string | undefined, ...messages: readonly ChatMessage[]): Promise<string> {
  return (await template(source).render({ type: 'chat', messages })).text;
}

/** Tokens numbered in their order. */
export function specialTokens(
  ...tokens: readonly (Partial<SpecialToken> & { readonly text: string })[]
): SpecialTokens {
  return new SpecialTokens(
    tokens.map((token, number) => ({
      token: number,
      type: 'control',
      strips: { left: false, right: false },
      ...token,
    })),
  );
}

export async function pieces(text: TracedText, tokens: SpecialTokens, control = true): Promise<Piece[]> {
  return await partition(text, tokens, { control }, new Pacer());
}
