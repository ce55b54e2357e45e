import { mixSeeds, seededRandom } from '../../base/random.js';
import { inputTooLongError } from '../../base/refusals/refusals.js';
import { encodeVector, inputParam, inputsOf, unitVector } from '../embedding.js';
import type { GenerationEvent, GenerationSpec, Prepared, PromptSource, Token } from '../engine.js';
import { inputTokens } from './prompt.js';

/** Numbers in a vector. */
export const mockDimensions = 64;

/** @throws ChatstreamError `context_length_exceeded` for an input that does not fit, `invalid_request` */
export function prepareInputs(source: Extract<PromptSource, { type: 'inputs' }>, contextLength: number): Prepared {
  const inputs = inputTokens(source);
  inputs.forEach(({ length }, index) => {
    if (length > contextLength) throw inputTooLongError(length, contextLength, inputParam(index, inputs.length));
  });
  const inputLengths = inputs.map(({ length }) => length);
  return { prompt: inputs.flat(), format: { type: 'text' }, isThinking: false, inputLengths };
}

/** All events of a request for embeddings. */
export function embeddingEvents(spec: GenerationSpec, slot: number): readonly GenerationEvent[] {
  const { id } = spec;
  return [
    { type: 'started', id, slot, cachedTokens: 0 },
    ...inputsOf(spec).map((input, index) => ({ type: 'embedded', id, index, vector: vectorOf(input) }) as const),
    { type: 'ended', id, reason: 'stop', token: null, text: '' },
  ];
}

/** Always the same for the same text; those of different texts have nothing to do with each other. */
function vectorOf(input: readonly Token[]): string {
  const random = seededRandom(mixSeeds(...input));
  const vector = Float64Array.from({ length: mockDimensions }, () => random() * 2 - 1);
  return encodeVector(unitVector(vector) ?? new Float32Array(mockDimensions));
}
