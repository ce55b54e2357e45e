import { amount, items, member, nonEmpty } from '../../base/json.js';
import { ChunkTemplate } from './chunk-template.js';
import type { ServerTimings } from './outcome.js';
import { oneLine, type ServerError, serverErrorIn } from './server-error.js';

/** Reads the events of one answer one by one, and keeps what they say about it. */
export class ChunkReader {
  /** `[DONE]`, the mark at the end of every OpenAI stream, was read. */
  isDone = false;
  hasFinishReason = false;
  /** The latest one; some servers send it with every chunk. */
  usage: Usage | null = null;
  serverTimings: ServerTimings | null = null;
  /** The first error that was sent instead of the rest of the answer. */
  error: ServerError | null = null;
  /** Data that was not JSON, as one line. */
  nonsense: string | null = null;
  readonly #template = new ChunkTemplate();

  /** @returns whether the event has text that a person would see */
  read(data: string, type: string): boolean {
    if (this.#template.fits(data) && type !== 'error') return true;
    if (data === '[DONE]') {
      this.isDone = true;
      return false;
    }
    if (data === '') return false;
    const chunk = type === 'error' ? errorChunk(data) : parsedOrNull(data);
    if (chunk === null) {
      this.nonsense ??= oneLine(data);
      return false;
    }
    if (chunk.text !== null && isTextOnly(chunk)) this.#template.learn(data, chunk.text, textOnly);
    this.#take(chunk);
    return chunk.text !== null;
  }

  #take({ hasFinishReason, usage, serverTimings, error }: Chunk): void {
    if (hasFinishReason) this.hasFinishReason = true;
    if (usage !== null) this.usage = usage;
    if (serverTimings !== null) this.serverTimings = serverTimings;
    this.error ??= error;
  }
}

function parsedOrNull(data: string): Chunk | null {
  try {
    return chunkIn(JSON.parse(data));
  } catch {
    return null;
  }
}

/** An event with the name `error` is an error, whatever its data looks like. */
function errorChunk(data: string): Chunk {
  const chunk = parsedOrNull(data) ?? chunkIn(null);
  return { ...chunk, error: chunk.error ?? { code: null, type: null, status: null, message: oneLine(data) } };
}

function textOnly(data: string): string | null {
  const chunk = chunkIn(JSON.parse(data));
  return isTextOnly(chunk) ? chunk.text : null;
}

function isTextOnly({ text, hasFinishReason, usage, serverTimings, error }: Chunk): boolean {
  return text !== null && !hasFinishReason && usage === null && serverTimings === null && error === null;
}

export interface Usage {
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
}

/** What is measured of one chunk of an answer. */
export interface Chunk {
  /**
   * What a person sees of it: text, reasoning, a refusal in words, or arguments of a tool call; the first that is not
   * empty. Null if the chunk has none of them, only a role, a tool's name, or nothing: then it does not count as a
   * token.
   */
  readonly text: string | null;
  readonly hasFinishReason: boolean;
  readonly usage: Usage | null;
  readonly serverTimings: ServerTimings | null;
  readonly error: ServerError | null;
}

/**
 * Reads OpenAI's chat and completion chunks. `reasoning_content` is DeepSeek's name for it (SGLang, llama-server, older
 * vLLM), `reasoning` that of vLLM and Ollama; `function_call` came before `tool_calls`.
 */
export function chunkIn(json: unknown): Chunk {
  const choices = items(member(json, 'choices'));
  return {
    text: firstOf(choices, textOf),
    hasFinishReason: choices.some((choice) => nonEmpty(member(choice, 'finish_reason')) !== null),
    usage: usageIn(member(json, 'usage')),
    serverTimings: serverTimingsIn(json),
    error: serverErrorIn(json),
  };
}

function textOf(choice: unknown): string | null {
  const delta = member(choice, 'delta');
  return (
    nonEmpty(member(delta, 'content')) ??
    nonEmpty(member(choice, 'text')) ??
    nonEmpty(member(delta, 'reasoning_content')) ??
    nonEmpty(member(delta, 'reasoning')) ??
    nonEmpty(member(delta, 'refusal')) ??
    firstOf(items(member(delta, 'tool_calls')), (call) => argumentsOf(member(call, 'function'))) ??
    argumentsOf(member(delta, 'function_call'))
  );
}

function argumentsOf(call: unknown): string | null {
  return nonEmpty(member(call, 'arguments'));
}

function usageIn(usage: unknown): Usage | null {
  const promptTokens = amount(member(usage, 'prompt_tokens'));
  const outputTokens = amount(member(usage, 'completion_tokens'));
  return promptTokens === null && outputTokens === null ? null : { promptTokens, outputTokens };
}

function firstOf(values: readonly unknown[], textIn: (value: unknown) => string | null): string | null {
  for (const value of values) {
    const text = textIn(value);
    if (text !== null) return text;
  }
  return null;
}

/**
 * How the server accounts for the time, from any chunk of its stream. There are three dialects:
 *
 * - chatstream, last chunk: `timings.queue_ms`, `timings.prefill_ms`.
 * - vLLM with `--enable-per-request-metrics`, in the chunk with the usage: `metrics.queue_time_ms`, and
 *   `metrics.time_to_first_token_ms`, which it counts from the moment the request left its queue.
 * - llama-server, last chunk: `timings.prompt_ms`, and nothing about the queue.
 */
function serverTimingsIn(chunk: unknown): ServerTimings | null {
  return (
    measured(member(chunk, 'timings'), 'queue_ms', 'prefill_ms') ??
    measured(member(chunk, 'metrics'), 'queue_time_ms', 'time_to_first_token_ms') ??
    derived(amount(member(member(chunk, 'timings'), 'prompt_ms')))
  );
}

function measured(timings: unknown, queueName: string, prefillName: string): ServerTimings | null {
  const queueMs = amount(member(timings, queueName));
  if (queueMs === null) return null;
  return { source: 'measured', queueMs, prefillMs: amount(member(timings, prefillName)) };
}

function derived(promptMs: number | null): ServerTimings | null {
  return promptMs === null ? null : { source: 'derived', promptMs };
}
