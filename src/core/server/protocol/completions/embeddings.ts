import { ChatstreamError } from '../../../base/errors.js';
import { decodeVector, dimensionsOf, encodeVector, unitVector } from '../../../engine/embedding.js';
import type { EmbeddingInput } from '../../../engine/embeddings-info.js';
import type { InferenceRequest, Timings } from '../../../inference/request.js';
import type { EmbeddingRequest, Embeddings } from '../../schemas/completions/embeddings.js';
import { samplingOf } from '../requests/sampling.js';
import { trafficClassOf } from '../requests/traffic-class.js';
import { refuseUnsupported } from '../requests/unsupported.js';
import { wireTimings } from '../wire-timings.js';

/** @throws ChatstreamError `invalid_request` for what is not supported */
export function fromEmbeddingRequest(body: EmbeddingRequest, id: string): InferenceRequest {
  refuseUnsupported(body, 'embeddings');
  return {
    id,
    source: { type: 'inputs', inputs: inputsIn(body.input) },
    // Nothing is generated.
    maxTokens: 1,
    minTokens: 0,
    sampling: samplingOf({}),
    stop: [],
    stopTokens: [],
    ignoreEos: false,
    format: { type: 'text' },
    thoughtTokens: null,
    ...trafficClassOf(body),
    ...(typeof body.deadline_ms === 'number' && { deadlineMs: body.deadline_ms }),
  };
}

function inputsIn(input: EmbeddingRequest['input']): readonly EmbeddingInput[] {
  if (typeof input === 'string') return [input];
  const tokens = input.filter((each) => typeof each === 'number');
  if (tokens.length > 0) return [tokens];
  return input.flatMap((each): EmbeddingInput[] => (typeof each === 'number' ? [] : [each]));
}

/**
 * @param most the length of the model's vectors
 * @throws ChatstreamError `invalid_request` for more dimensions
 */
export function assertDimensions(dimensions: EmbeddingRequest['dimensions'], most: number): void {
  if (dimensions === undefined || dimensions === null || dimensions <= most) return;
  throw new ChatstreamError(
    'invalid_request',
    `"dimensions" must be at most ${most}, the length of this model's vectors.`,
    { param: 'dimensions' },
  );
}

/** Writes vectors in the form that a client requests. */
export class EmbeddingEncoder {
  readonly #model: string;
  readonly #isBase64: boolean;
  readonly #dimensions: number | null;

  constructor(model: string, { encoding_format: format, dimensions }: EmbeddingRequest) {
    this.#model = model;
    this.#isBase64 = format === 'base64';
    this.#dimensions = dimensions ?? null;
  }

  /**
   * @param vector in the engine's form, which is also the one that most clients request
   * @throws ChatstreamError `invalid_request` if it is shorter than the client wants it: before a model is loaded for the first
   *   time, its vectors' length is not known
   */
  vector(vector: string): string | number[] {
    assertDimensions(this.#dimensions, dimensionsOf(vector));
    if (this.#isBase64 && this.#dimensions === null) return vector;
    const values = this.#shortened(decodeVector(vector));
    return this.#isBase64 ? encodeVector(values) : Array.from(values, shortest);
  }

  whole(vectors: readonly (string | number[])[], timings: Timings): Embeddings {
    const { promptTokens } = timings;
    return {
      object: 'list',
      data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
      model: this.#model,
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      timings: wireTimings(timings),
    };
  }

  /** Models that are trained for this put the most important information into the first numbers. */
  #shortened(values: Float32Array): Float32Array {
    if (this.#dimensions === null || this.#dimensions >= values.length) return values;
    const first = values.subarray(0, this.#dimensions);
    return unitVector(first) ?? first;
  }
}

/** Nine digits distinguish all 32-bit numbers; as a 64-bit number, most take seventeen. */
function shortest(value: number): number {
  return Number(value.toPrecision(9));
}
