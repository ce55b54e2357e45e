import { cachedTokensOf, whyNoText } from './answer-usage.js';
import { failed, failedBy } from './failed.js';
import type { CompletedRequest, OutcomeWithoutTimes } from './outcome.js';
import { isFailure } from './protocol/finish-reason.js';
import type { Protocol } from './protocol/protocol.js';
import { oneLine } from './protocol/server-error.js';

/** Far longer than any answer, and than the vectors of any request. */
const mostBytes = 16 * 1024 * 1024;

/** Measures an answer that comes as one JSON body. */
export class WholeAnswer {
  readonly #protocol: Protocol;
  readonly #keepsText: boolean;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #arrivalUs = 0;
  executor: string | null = null;
  /** Only streams have comments. */
  readonly upstream = null;

  /** @param keepsText whether the outcome contains the text of the answer */
  constructor(protocol: Protocol, keepsText: boolean) {
    this.#protocol = protocol;
    this.#keepsText = keepsText;
  }

  feed(bytes: Buffer, arrivalUs: number): void {
    this.#arrivalUs = arrivalUs;
    this.#length += bytes.length;
    // A copy: these bytes are a view of a larger buffer, which would be kept whole.
    if (!this.isHopeless) this.#pieces.push(Buffer.from(bytes));
  }

  readonly tokenChunks = 0;
  /** Only a complete body is meaningful. */
  readonly isDecided = false;

  get isHopeless(): boolean {
    return this.#length > mostBytes;
  }

  outcome(): OutcomeWithoutTimes {
    if (this.isHopeless) return failed('answer_too_long', `The answer has more than ${mostBytes} bytes.`);
    const body = Buffer.concat(this.#pieces).toString('utf8');
    const json = parsedOrUndefined(body);
    if (json !== undefined) return this.#outcomeOf(json);
    if (/^\s*(?:event|data|id|retry)?:/.test(body)) {
      const message =
        'The server answered with an event stream, although it was asked for one body. Leave out --no-stream.';
      return failed('not_whole', message);
    }
    return failed('malformed_answer', `The answer is not JSON: ${oneLine(body)}`);
  }

  #outcomeOf(json: unknown): OutcomeWithoutTimes {
    const chunk = this.#protocol.wholeIn(json);
    const { error, finishReason, text, usage, serverTimings, isForeign } = chunk;
    this.executor = chunk.executor;
    if (error !== null) return failedBy(error, true);
    if (finishReason !== null && isFailure(finishReason)) {
      const message = `The server gave up on the answer, with the finish reason ${finishReason}. See its log.`;
      return failed(`finish_reason_${finishReason.toLowerCase()}`, message);
    }
    if (text === null && isForeign) {
      return failed('unknown_format', `The answer is none of ${this.#protocol.name}: ${oneLine(JSON.stringify(json))}`);
    }
    if (text === null) return failed('no_tokens', whyNoText(usage));
    return {
      status: 'completed',
      isWhole: true,
      firstTokenUs: this.#arrivalUs,
      lastTokenUs: this.#arrivalUs,
      tokenChunks: 1,
      gapsUs: [],
      tokenCounts: null,
      promptTokens: usage?.promptTokens ?? null,
      outputTokens: usage?.outputTokens ?? null,
      cachedTokens: cachedTokensOf(chunk),
      // Nothing is streamed: all tokens arrived with the answer.
      unseenReasoning: 0,
      serverTimings: measuredOnly(serverTimings),
      ...(this.#keepsText ? { text: this.#protocol.spokenInWhole(json) } : {}),
    };
  }
}

/** The wait can only be derived from the time to first token, which such an answer does not have. */
function measuredOnly(timings: CompletedRequest['serverTimings']): CompletedRequest['serverTimings'] {
  return timings?.source === 'measured' ? timings : null;
}

function parsedOrUndefined(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
