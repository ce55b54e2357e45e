import { amount, items, member, nonEmpty } from '../../base/json.js';
import type { ServerTimings } from './outcome.js';
import { type ServerError, serverErrorIn } from './server-error.js';
import { serverTimingsIn } from './server-timings.js';

export interface Usage {
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
}

/** What one chunk of an answer says, as far as it is measured. */
export interface Chunk {
  /**
   * What a reader sees of it: text, reasoning, a refusal in words, or arguments of a tool call; the first of them that is
   * not empty. Null makes it no token: a role, a tool's name, nothing at all.
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
