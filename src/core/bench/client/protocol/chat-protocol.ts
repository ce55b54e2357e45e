import { amount, isRecord, items, member, nonEmpty } from '../../../base/json.js';
import type { Chunk, Usage } from './chunk.js';
import { isFailure } from './finish-reason.js';
import { firstOf } from './first-of.js';
import type { Protocol } from './protocol.js';
import { serverErrorIn } from './server-error.js';
import { serverTimingsIn } from './server-timings.js';

/** OpenAI's chat completions, and its older completions. */
export const chatProtocol: Protocol = {
  name: "OpenAI's API",
  end: 'a finish reason or [DONE]',
  chunkIn,
  spokenIn: (json) => firstOf(items(member(json, 'choices')), contentOf),
  wholeIn: (json) => chunkIn(asChunk(json)),
  spokenInWhole: (json) => firstOf(items(member(asChunk(json), 'choices')), contentOf) ?? '',
};

/** A whole answer in the form of a chunk, with `delta` in place of `message`. */
function asChunk(json: unknown): unknown {
  if (!isRecord(json)) return json;
  const choices = items(json['choices']).map((choice) =>
    isRecord(choice) ? { ...choice, delta: choice['message'] } : choice,
  );
  return { ...json, choices };
}

/**
 * Reads OpenAI's chat and completion chunks. `reasoning_content` is DeepSeek's name for it (SGLang, llama-server, older
 * vLLM), `reasoning` that of vLLM and Ollama; `function_call` came before `tool_calls`. Mistral sends content as a list
 * of parts, some of which are its reasoning.
 */
function chunkIn(json: unknown): Chunk {
  const choices = items(member(json, 'choices'));
  const spoken = firstOf(choices, textOf);
  const reasoning = spoken === null ? firstOf(choices, reasoningOf) : null;
  const text = spoken ?? reasoning;
  const finishReasons = choices.flatMap((choice) => nonEmpty(member(choice, 'finish_reason')) ?? []);
  const usage = usageIn(member(json, 'usage'));
  const error = serverErrorIn(json);
  const timings = member(json, 'timings');
  return {
    text,
    hasReasoning: reasoning !== null,
    finishReason: finishReasons.find(isFailure) ?? finishReasons[0] ?? null,
    usage,
    serverTimings: serverTimingsIn(json),
    cachedByTimings: amount(member(timings, 'cache_n')),
    executor: nonEmpty(member(timings, 'executor')),
    error,
    isEnd: false,
    isForeign: text === null && usage === null && error === null && !isOpenAi(json),
  };
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

/** Whether it has the form of a chunk, with or without text. A part of a list without text may be anything. */
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
    // SGLang puts it beside the details.
    reasoningTokens: amount(member(outputDetails, 'reasoning_tokens')) ?? amount(member(usage, 'reasoning_tokens')),
  };
}
