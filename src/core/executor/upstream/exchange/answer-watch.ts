import { amount, isRecord, member, nonEmpty } from '../../../base/json.js';
import { EventCounter } from './event-counter.js';
import { LastChunks } from './last-chunks.js';
import { type ReportedError, reportedErrorIn } from './reported-error.js';

/** Tokens of an answer as counted by the upstream; null if it does not say. */
export interface Usage {
  readonly promptTokens: number | null;
  readonly cachedTokens: number | null;
  readonly outputTokens: number | null;
  /** From the first output token to the last, in milliseconds; left out where the upstream does not say it. */
  readonly decodeMs?: number;
}

export const noUsage: Usage = { promptTokens: null, cachedTokens: null, outputTokens: null };

const eventEnd = '\n\n';

/** More tokens than any answer or prompt has: an upstream that claims this is wrong. */
const mostTokens = 10_000_000;

/** Their quotation marks and the beginning of the line tell them from the same words in the text of an answer. */
const ends = /^data: ?\[DONE\]|^event: ?error\r?$|"(?:message_stop|response\.(?:completed|incomplete|failed))"/m;

/** In the text of an answer, there are backslashes before the quotation marks. */
const reasons = /"(?:finish_reason|stop_reason)" ?: ?"/;

/**
 * Looks at a stream of server-sent events while it passes. Until its first token, every event is read; from then on, the
 * events are only counted, and the last ones are read when the stream has ended.
 */
export class StreamWatch {
  #unread = '';
  #hasToken = false;
  #error: ReportedError | null = null;
  /** What Anthropic's API reports before the answer; the end of the answer need not repeat it. */
  #first = noUsage;
  readonly #events = new EventCounter();
  readonly #last = new LastChunks();
  #chunks = 0;
  /** What the last chunks say, for as many chunks as had come when it was read. */
  #ending: (Ending & { readonly chunks: number }) | null = null;

  /** Whether there was an event with a part of the answer, or with its end. */
  get hasToken(): boolean {
    return this.#hasToken;
  }

  /** An error that came as an event before the first token. */
  get error(): ReportedError | null {
    return this.#error;
  }

  /** Takes what has come for the first token. Reading a long event anew with each of its chunks would take too long. */
  stopReading(): void {
    this.#hasToken = true;
    this.#unread = '';
  }

  /** @returns the number of events that end in this chunk and have, or probably have, a part of the answer */
  push(chunk: Buffer): number {
    this.#chunks += 1;
    if (!this.#hasToken) return this.#read(chunk);
    const events = this.#events.count(chunk);
    this.#last.push(chunk, events);
    return events;
  }

  /**
   * Whether the stream has come to its end, rather than being cut off. An error is an end, also without an end mark
   * after it.
   */
  get isComplete(): boolean {
    const { isMarked, failure } = this.#readEnding();
    return isMarked || failure !== null;
  }

  /** Whether it says why the answer has ended. Some servers send no end mark after that, and only end the body. */
  get isFinished(): boolean {
    return this.#readEnding().isFinished;
  }

  /** The error with which the answer ends after its first token; null if it ends well, or is cut off. */
  get failure(): ReportedError | null {
    return this.#readEnding().failure;
  }

  /** What the last events say about tokens. */
  usage(): Usage {
    return this.#readEnding().usage;
  }

  /** Computed once for all questions at the end: reading the last events takes longer than passing on ten others. */
  #readEnding(): Ending {
    const chunks = this.#chunks;
    if (this.#ending?.chunks !== chunks) this.#ending = { chunks, ...endingOf(this.#tail(), this.#first) };
    return this.#ending;
  }

  #tail(): string {
    return this.#last.concat().toString('utf8').replaceAll('\r\n', '\n');
  }

  #read(chunk: Buffer): number {
    // Only the shape of the events matters here, so a character that is cut in two does no harm.
    const events = (this.#unread + chunk.toString('latin1')).replaceAll('\r\n', '\n').split(eventEnd);
    this.#unread = events.pop() ?? '';
    this.#last.push(chunk, events.length);
    let tokens = 0;
    for (const event of events) {
      const data = dataOf(event);
      if (data === undefined) continue;
      const error = reportedErrorIn(data);
      // Also what comes in one chunk comes in order.
      if (tokens === 0) this.#error ??= error;
      if (member(data, 'type') === 'message_start') this.#first = usageOf(member(data, 'message'));
      if (error === null && isToken(data)) tokens += 1;
    }
    if (tokens > 0) this.stopReading();
    return tokens;
  }
}

/** What the last events of a stream say. */
interface Ending {
  /** Whether its end mark is among them. */
  readonly isMarked: boolean;
  /** Whether one of them has the reason why the answer ended. */
  readonly isFinished: boolean;
  /** The first error. */
  readonly failure: ReportedError | null;
  readonly usage: Usage;
}

/** Names in an event that may count tokens or report an error. Most events have none of them, and are not parsed. */
const telling = /"(?:usage|timings)"|error/;

/** @param first what the beginning of the stream has said about tokens */
function endingOf(tail: string, first: Usage): Ending {
  let failure: ReportedError | null = null;
  let usage = first;
  for (const event of tail.split(eventEnd)) {
    if (!telling.test(event)) continue;
    const data = dataOf(event);
    failure ??= reportedErrorIn(data);
    const found = usageOf(data);
    usage = {
      // A later event may leave out what was cached.
      promptTokens: larger(found.promptTokens, usage.promptTokens),
      cachedTokens: found.cachedTokens ?? usage.cachedTokens,
      outputTokens: found.outputTokens ?? usage.outputTokens,
    };
  }
  return { isMarked: ends.test(tail), isFinished: reasons.test(tail), failure, usage };
}

/** The data of an event as JSON; undefined for comments and for anything else. */
function dataOf(event: string): unknown {
  const line = event.split('\n').find((each) => each.startsWith('data:'));
  if (line === undefined) return undefined;
  try {
    const data: unknown = JSON.parse(line.slice('data:'.length));
    return data;
  } catch {
    return undefined;
  }
}

/** Events of Anthropic's API and of the Responses API that come before the answer. */
const preambles: ReadonlySet<unknown> = new Set([
  ...['message_start', 'ping', 'error'],
  ...['response.created', 'response.in_progress', 'response.queued'],
]);

/** @param data of an event that reports no error */
function isToken(data: unknown): boolean {
  const type = member(data, 'type');
  if (typeof type === 'string') return !preambles.has(type);
  const choices = member(data, 'choices');
  if (!Array.isArray(choices)) return true;
  return choices.some((choice: unknown) => {
    if (nonEmpty(member(choice, 'finish_reason')) !== null || nonEmpty(member(choice, 'text')) !== null) return true;
    const delta = member(choice, 'delta');
    if (!isRecord(delta)) return false;
    return Object.entries(delta).some(([name, value]) => name !== 'role' && value !== null && value !== '');
  });
}

/** The counts in an answer or in one event of it, in any of the protocols. */
export function usageOf(data: unknown): Usage {
  const usage = member(data, 'usage') ?? member(member(data, 'response'), 'usage');
  const timings = member(data, 'timings');
  const details = member(usage, 'prompt_tokens_details') ?? member(usage, 'input_tokens_details');
  const fresh = tokens(member(timings, 'prompt_n'));
  const fromCache = tokens(member(timings, 'cache_n'));
  const decodeMs = amount(member(timings, 'decode_ms')) ?? amount(member(timings, 'predicted_ms'));
  return {
    promptTokens:
      tokens(member(usage, 'prompt_tokens')) ??
      inputTokens(usage) ??
      tokens(member(timings, 'prompt_tokens')) ??
      (fresh === null ? null : fresh + (fromCache ?? 0)),
    cachedTokens:
      tokens(member(details, 'cached_tokens')) ??
      tokens(member(usage, 'cache_read_input_tokens')) ??
      tokens(member(timings, 'cached_tokens')) ??
      fromCache,
    outputTokens:
      tokens(member(usage, 'completion_tokens')) ??
      tokens(member(usage, 'output_tokens')) ??
      tokens(member(timings, 'output_tokens')) ??
      tokens(member(timings, 'predicted_n')),
    ...(decodeMs !== null && { decodeMs }),
  };
}

/**
 * In Anthropic's API, tokens that were read from the cache or written to it are counted separately; elsewhere there are
 * none.
 */
function inputTokens(usage: unknown): number | null {
  const input = tokens(member(usage, 'input_tokens'));
  if (input === null) return null;
  const read = tokens(member(usage, 'cache_read_input_tokens')) ?? 0;
  return input + read + (tokens(member(usage, 'cache_creation_input_tokens')) ?? 0);
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

/** A number of tokens; null for anything else. */
function tokens(value: unknown): number | null {
  const count = amount(value);
  return count !== null && Number.isInteger(count) && count <= mostTokens ? count : null;
}
