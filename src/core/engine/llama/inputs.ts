import type { LlamaModel } from 'node-llama-cpp';
import { ChatstreamError } from '../../base/errors.js';
import { inputTooLongError } from '../../base/refusals/refusals.js';
import { inputParam } from '../embedding.js';
import type { EmbeddingInput } from '../embeddings-info.js';
import type { Token } from '../engine.js';
import type { TokenLimit } from './prompt/tokenizer.js';

/** What is needed to turn inputs into tokens. */
export interface InputReader {
  readonly contextLength: number;
  /** Names of special tokens are plain text. */
  readonly tokenize: (text: string, limit: TokenLimit) => Promise<readonly Token[]>;
  /** @throws ChatstreamError `invalid_request` for a number outside the vocabulary */
  readonly check: (tokens: readonly Token[], param: string) => void;
  readonly model: LlamaModel;
}

/**
 * The tokens of inputs for embeddings, with those that the model expects at the beginning and at the end.
 *
 * @throws ChatstreamError `context_length_exceeded` for an input that does not fit; `invalid_request`
 */
export async function readInputs(
  inputs: readonly EmbeddingInput[],
  reader: InputReader,
): Promise<readonly (readonly Token[])[]> {
  const read: (readonly Token[])[] = [];
  for (const [index, input] of inputs.entries()) {
    const param = inputParam(index, inputs.length);
    const tokens = withEnds(await readInput(input, param, reader), reader.model);
    if (tokens.length > reader.contextLength) throw inputTooLongError(tokens.length, reader.contextLength, param);
    if (tokens.length === 0) throw new ChatstreamError('invalid_request', 'The input has no tokens.', { param });
    read.push(tokens);
  }
  return read;
}

async function readInput(input: EmbeddingInput, param: string, reader: InputReader): Promise<readonly Token[]> {
  const { contextLength } = reader;
  if (typeof input !== 'string') {
    reader.check(input, param);
    return input;
  }
  try {
    // Unlike a prompt, an input may fill the context.
    return await reader.tokenize(input, { contextLength: contextLength + 1, param });
  } catch (error) {
    const overflow = error instanceof ChatstreamError ? error.overflow : undefined;
    throw overflow === undefined ? error : inputTooLongError({ atLeast: overflow.promptTokens }, contextLength, param);
  }
}

/**
 * Tokens with those that the model expects at the beginning and at the end of a text, unless they are there: as llama.cpp
 * and the library add them, but before they are counted.
 */
export function withEnds(tokens: readonly Token[], model: LlamaModel): readonly Token[] {
  const { begin, end } = endsOf(model);
  const isBegun = begin === null || tokens[0] === begin;
  const isEnded = end === null || tokens.at(-1) === end;
  return [...(isBegun ? [] : [begin]), ...tokens, ...(isEnded ? [] : [end])];
}

/** `tokenizer.ggml.model` of tokenizers that have rules of their own. */
function endsOf({ tokens, fileInfo }: LlamaModel): { readonly begin: Token | null; readonly end: Token | null } {
  switch (fileInfo.metadata.tokenizer.ggml.model) {
    case 'rwkv':
      return { begin: null, end: null };
    case 'bert':
      return { begin: tokens.bos, end: tokens.sep };
    case 't5':
      return { begin: null, end: tokens.eos };
    default:
      return {
        begin: tokens.shouldPrependBosToken ? tokens.bos : null,
        end: tokens.shouldAppendEosToken ? tokens.eos : null,
      };
  }
}
