import { ChatstreamError } from '../../../base/errors.js';
import { type ReasoningEffort, reasoningEfforts, type RequestedEffort } from '../../../engine/reasoning.js';
import type { ChatCompletionRequest } from '../../schemas/completions/completion-requests.js';

/** How much a model should think. */
export interface ReasoningRequest {
  /** In OpenAI's words, or `on`; undefined if the request says nothing. */
  readonly effort: RequestedEffort | undefined;
  /** Most output tokens of a thought; null without a limit. */
  readonly maxTokens: number | null;
}

type ReasoningParameters = Pick<
  ChatCompletionRequest,
  | 'reasoning_effort'
  | 'reasoning'
  | 'thinking'
  | 'think'
  | 'enable_thinking'
  | 'thinking_budget'
  | 'thinking_budget_tokens'
  | 'thinking_token_budget'
>;

/**
 * What a request says about thinking, in the words of OpenAI (`reasoning_effort`), OpenRouter (`reasoning`), Anthropic
 * and others (`thinking`), Ollama (`think`), vLLM (`thinking_token_budget`), llama-server (`thinking_budget_tokens`) and
 * Qwen (`enable_thinking`, `thinking_budget`). A model that does not think is not affected.
 *
 * Thinking that is turned on without an effort is only turned on: the template decides how much a model thinks by
 * itself.
 *
 * @throws ChatstreamError `invalid_request` for two that contradict each other
 */
export function reasoningRequest(body: ReasoningParameters): ReasoningRequest {
  if (saysNothing(body)) return unsaid;
  const { thinking, reasoning, think } = body;
  const efforts = {
    reasoning_effort: body.reasoning_effort,
    'reasoning.effort': reasoning?.effort,
    'reasoning.enabled': reasoning?.enabled === false ? 'none' : undefined,
    'thinking.type': thinking?.type === 'disabled' ? 'none' : undefined,
    think: typeof think === 'boolean' ? (think ? undefined : 'none') : think,
    enable_thinking: body.enable_thinking === false ? 'none' : undefined,
  };
  const isOn =
    reasoning?.enabled === true || thinking?.type === 'enabled' || think === true || body.enable_thinking === true;
  const budgets = {
    thinking_budget: body.thinking_budget,
    thinking_budget_tokens: body.thinking_budget_tokens,
    thinking_token_budget: body.thinking_token_budget,
    'reasoning.max_tokens': reasoning?.max_tokens,
    'thinking.budget_tokens': thinking?.budget_tokens,
  };
  const maxTokens = onlyOf(budgets)?.value ?? -1;
  const effort = onlyOf(efforts);
  return {
    effort: effortOf(effort?.value, effort?.name ?? 'reasoning_effort') ?? (isOn ? 'on' : undefined),
    maxTokens: maxTokens < 0 ? null : maxTokens,
  };
}

const unsaid: ReasoningRequest = { effort: undefined, maxTokens: null };

/** The usual case. */
function saysNothing(body: ReasoningParameters): boolean {
  return (
    (body.reasoning_effort ?? body.reasoning ?? body.thinking ?? body.think ?? body.enable_thinking ?? null) === null &&
    (body.thinking_budget ?? body.thinking_budget_tokens ?? body.thinking_token_budget ?? null) === null
  );
}

/** @throws ChatstreamError `invalid_request` for a word that is not an effort */
export function effortOf(word: string | null | undefined, param: string): ReasoningEffort | undefined {
  if (word === undefined || word === null) return undefined;
  // Some servers call the highest effort "max".
  const known = reasoningEfforts.find((effort) => effort === (word === 'max' ? 'xhigh' : word));
  if (known !== undefined) return known;
  throw new ChatstreamError('invalid_request', `"${param}" cannot be ${JSON.stringify(word)}.`, {
    param,
    hint: `Use ${[...reasoningEfforts, 'max'].join(', ')}.`,
  });
}

interface Given<T> {
  readonly name: string;
  readonly value: T;
}

function onlyOf<T extends string | number>(
  values: Readonly<Record<string, T | null | undefined>>,
): Given<T> | undefined {
  let first: Given<T> | undefined;
  for (const [name, value] of Object.entries(values)) {
    if (value == null) continue;
    first ??= { name, value };
    if (value === first.value) continue;
    throw new ChatstreamError('invalid_request', `"${first.name}" and "${name}" contradict each other.`, {
      param: name,
      hint: 'Send only one of them.',
    });
  }
  return first;
}
