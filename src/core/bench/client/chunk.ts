import { amount, isRecord, items, member, nonEmpty } from '../../base/json.js';
import { ChunkTemplate } from './chunk-template.js';
import { isFailure } from './finish-reason.js';
import type { ServerTimings } from './outcome.js';
import { oneLine, type ServerError, serverErrorIn } from './server-error.js';

/** Reads the events of one answer one by one, and keeps what they say about it. */
export class ChunkReader {
  /** `[DONE]`, the mark at the end of every OpenAI stream, was read. */
  isDone = false;
  /** The latest one, unless an earlier one says that the answer failed. */
  finishReason: string | null = null;
  /** The latest one; some servers send it with every chunk. */
  usage: Usage | null = null;
  /** How many output tokens the server had counted by the last event; null if that event did not say. */
  runningCount: number | null = null;
  /** Reasoning was streamed as text. */
  hasReasoning = false;
  serverTimings: ServerTimings | null = null;
  /** Prompt tokens from the cache, by llama-server's timings. */
  cachedByTimings: number | null = null;
  /** The first error that was sent instead of the rest of the answer. */
  error: ServerError | null = null;
  /** Data that was not JSON, as one line. */
  nonsense: string | null = null;
  /** The first event that is not one of OpenAI's, as one line. */
  foreign: string | null = null;
  readonly #template = new ChunkTemplate();

  /** @returns whether the event has text that a person would see */
  read(data: string, type: string): boolean {
    this.runningCount = null;
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
    if (chunk.isForeign) this.foreign ??= oneLine(data);
    return chunk.text !== null;
  }

  #take({ finishReason, usage, hasReasoning, serverTimings, cachedByTimings, error }: Chunk): void {
    if (this.finishReason === null || !isFailure(this.finishReason))
      this.finishReason = finishReason ?? this.finishReason;
    if (usage !== null) {
      this.usage = usage;
      this.runningCount = usage.outputTokens;
    }
    if (hasReasoning) this.hasReasoning = true;
    this.serverTimings = serverTimings ?? this.serverTimings;
    this.cachedByTimings = cachedByTimings ?? this.cachedByTimings;
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

function isTextOnly({ text, finishReason, usage, serverTimings, cachedByTimings, error }: Chunk): boolean {
  const isEnd = finishReason !== null || error !== null;
  return text !== null && !isEnd && usage === null && serverTimings === null && cachedByTimings === null;
}

/** Token counts of the server; null where it does not say. */
export interface Usage {
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
  /** Of the prompt's, those that were in the server's cache. */
  readonly cachedTokens: number | null;
  /** Of the output, those of the model's reasoning, whether they were streamed or not. */
  readonly reasoningTokens: number | null;
}

/** What is measured of one chunk of an answer. */
export interface Chunk {
  /**
   * What a person sees of it: text, reasoning, a refusal in words, or arguments of a tool call; the first that is not
   * empty. Null if the chunk has none of them, only a role, a tool's name, or nothing: then it does not count as a
   * token.
   */
  readonly text: string | null;
  /** The text is reasoning. */
  readonly hasReasoning: boolean;
  /** One that says that the answer failed, if there is one, else the first. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly serverTimings: ServerTimings | null;
  readonly cachedByTimings: number | null;
  readonly error: ServerError | null;
  /** It is nothing that OpenAI's API sends, such as an event of another protocol: there may be text in it. */
  readonly isForeign: boolean;
}

/**
 * Reads OpenAI's chat and completion chunks. `reasoning_content` is DeepSeek's name for it (SGLang, llama-server, older
 * vLLM), `reasoning` that of vLLM and Ollama; `function_call` came before `tool_calls`. Mistral sends content as a list
 * of parts, some of which are its reasoning.
 */
export function chunkIn(json: unknown): Chunk {
  const choices = items(member(json, 'choices'));
  const spoken = firstOf(choices, textOf);
  const reasoning = spoken === null ? firstOf(choices, reasoningOf) : null;
  const text = spoken ?? reasoning;
  const finishReasons = choices.flatMap((choice) => nonEmpty(member(choice, 'finish_reason')) ?? []);
  const usage = usageIn(member(json, 'usage'));
  const error = serverErrorIn(json);
  return {
    text,
    hasReasoning: reasoning !== null,
    finishReason: finishReasons.find(isFailure) ?? finishReasons[0] ?? null,
    usage,
    serverTimings: serverTimingsIn(json),
    cachedByTimings: amount(member(member(json, 'timings'), 'cache_n')),
    error,
    isForeign: text === null && usage === null && error === null && !isOpenAi(json),
  };
}

/** The text of an answer from its events, without reasoning and calls of tools. */
export function spokenText(events: readonly string[]): string {
  const texts = events.map((data) => firstOf(items(member(jsonOrNull(data), 'choices')), contentOf) ?? '');
  return texts.join('');
}

function jsonOrNull(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function contentOf(choice: unknown): string | null {
  const content = member(member(choice, 'delta'), 'content');
  return (
    nonEmpty(content) ??
    nonEmpty(member(choice, 'text')) ??
    firstOf(items(content), (part) => nonEmpty(member(part, 'text')))
  );
}

function textOf(choice: unknown): string | null {
  const delta = member(choice, 'delta');
  return (
    contentOf(choice) ??
    nonEmpty(member(delta, 'refusal')) ??
    firstOf(items(member(delta, 'tool_calls')), (call) => argumentsOf(member(call, 'function'))) ??
    argumentsOf(member(delta, 'function_call'))
  );
}

function reasoningOf(choice: unknown): string | null {
  const delta = member(choice, 'delta');
  return (
    nonEmpty(member(delta, 'reasoning_content')) ??
    nonEmpty(member(delta, 'reasoning')) ??
    firstOf(items(member(delta, 'content')), (part) => thinkingIn(member(part, 'thinking')))
  );
}

function thinkingIn(thinking: unknown): string | null {
  return nonEmpty(thinking) ?? firstOf(items(thinking), (part) => nonEmpty(member(part, 'text')));
}

/** Whether it has the form of a chunk, with or without text. A part of a list that has no text may be anything. */
function isOpenAi(json: unknown): boolean {
  const choices = member(json, 'choices');
  return Array.isArray(choices) && choices.every((choice) => isRecord(choice) && isDelta(choice));
}

function isDelta({ delta, text }: Readonly<Record<string, unknown>>): boolean {
  const content = member(delta, 'content') ?? '';
  return isRecord(delta) ? typeof content === 'string' || isEmptyList(content) : typeof text === 'string';
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function argumentsOf(call: unknown): string | null {
  return nonEmpty(member(call, 'arguments'));
}

function usageIn(usage: unknown): Usage | null {
  const promptTokens = amount(member(usage, 'prompt_tokens'));
  const outputTokens = amount(member(usage, 'completion_tokens'));
  if (promptTokens === null && outputTokens === null) return null;
  const outputDetails = member(usage, 'completion_tokens_details');
  return {
    promptTokens,
    outputTokens,
    cachedTokens: amount(member(member(usage, 'prompt_tokens_details'), 'cached_tokens')),
    // SGLang has it beside the details.
    reasoningTokens: amount(member(outputDetails, 'reasoning_tokens')) ?? amount(member(usage, 'reasoning_tokens')),
  };
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
