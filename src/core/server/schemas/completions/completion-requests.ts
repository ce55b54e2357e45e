import { type Static, Type } from 'typebox';
import { chatLogprobParameters, textLogprobParameters } from '../shared/logprobs.js';
import { optional } from '../shared/optional.js';
import { outputFormatParameters } from '../shared/output-format-parameters.js';
import { samplingParameters } from '../shared/sampling-parameters.js';

export const stopString = Type.String({ maxLength: 256, description: 'An empty one is ignored.' });

export const priority = optional(
  Type.Union([Type.Enum(['interactive', 'standard', 'batch']), Type.Number()], {
    description: 'The class in which the request waits, unless that of its key is lower. Numbers are ignored.',
  }),
);

export const deadlineMs = optional(
  Type.Integer({
    minimum: 1,
    maximum: 2 ** 31 - 1,
    description: 'Milliseconds after which the answer need not begin any more. Then, or if that is foreseen, 503.',
  }),
);
export const mostTokens = 2 ** 31 - 1;
const maxTokens = optional(
  Type.Integer({ minimum: -1, maximum: mostTokens, description: 'Not 0; -1 is as many as fit into the context.' }),
);

/** What all requests for generated text have in common. */
export const generationParameters = {
  model: optional(Type.String({ description: 'A name from /v1/models; if left out, the first of them.' })),
  stream: optional(Type.Boolean()),
  stream_options: optional(
    Type.Object({
      include_usage: optional(Type.Boolean({ description: 'Send a chunk with the token counts before the end.' })),
      include_queue: optional(
        Type.Boolean({ description: 'Begin at once and send each change of position in the queue as a comment.' }),
      ),
    }),
  ),
  ...samplingParameters,
  ...outputFormatParameters,
  stop: optional(Type.Union([stopString, Type.Array(stopString, { maxItems: 16 })])),
  stop_token_ids: optional(Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 256 })),
  min_tokens: optional(
    Type.Integer({ minimum: 0, maximum: mostTokens, description: 'The answer does not end on its own before.' }),
  ),
  ignore_eos: optional(Type.Boolean({ description: 'Continue past the end of text, to exactly max_tokens tokens.' })),
  user: optional(Type.String({ description: 'Accepted but not used.' })),
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  n_predict: maxTokens,
  max_new_tokens: maxTokens,
  num_predict: maxTokens,
  service_tier: optional(
    Type.String({ description: 'Repeated in the answer. With flex, the request waits in the class batch.' }),
  ),
  deadline_ms: deadlineMs,
  priority,
};

/** What a server needs to continue an answer that another one has begun. */
export const resume = Type.Object(
  {
    answer: Type.String({
      maxLength: 4096,
      description: 'The header x-chatstream-resume of the answer that was begun.',
    }),
    tokens: Type.Array(Type.Integer({ minimum: 0 }), { description: 'All tokens of it that were received.' }),
    state: optional(Type.String({ description: 'What came after the last tokens in their comment, if anything.' })),
  },
  { description: 'Between chatstream servers: continue an answer that another server has begun.' },
);

/** What chats and completions have in common, but other protocols do not have. */
const choiceParameters = {
  resume: optional(resume),
  n: optional(Type.Integer({ minimum: 1, description: 'Number of choices; at most max_concurrency.' })),
};

const contentPart = Type.Object({
  type: Type.String({ description: 'text, input_text, output_text or refusal.' }),
  text: optional(Type.String()),
  refusal: optional(Type.String()),
});

const jsonObject = Type.Record(Type.String(), Type.Unknown());

const called = {
  name: Type.String(),
  arguments: Type.Union([Type.String(), jsonObject], {
    description: 'JSON as a text, or the object itself, as Ollama has it.',
  }),
};

const call = Type.Object({
  id: optional(Type.String()),
  type: optional(Type.Enum(['function', 'custom'])),
  function: optional(Type.Object(called)),
  custom: optional(
    Type.Object(
      { name: Type.String(), input: Type.String() },
      { description: 'The call of a custom tool, from a conversation with another server.' },
    ),
  ),
});

const message = Type.Object({
  role: Type.Enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: optional(Type.Union([Type.String(), Type.Array(contentPart)])),
  name: optional(Type.String()),
  tool_call_id: optional(
    Type.String({ description: "The call that a tool's message answers; for the chat template." }),
  ),
  tool_calls: optional(Type.Array(call, { description: "Calls in an assistant's message." })),
  function_call: optional(
    Type.Object(called, { description: 'A single call, as OpenAI had it before there were tools.' }),
  ),
  reasoning_content: optional(Type.String({ description: "The thought before an assistant's message." })),
  reasoning: optional(Type.String({ description: 'The same, as vLLM and Ollama have it.' })),
});

const callable = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 256 }),
  description: optional(Type.String()),
  parameters: optional(Type.Record(Type.String(), Type.Unknown(), { description: 'A JSON schema.' })),
  strict: optional(Type.Boolean({ description: 'Refuse a schema that cannot be enforced.' })),
});

const tool = Type.Object({ type: Type.String({ description: 'function' }), function: optional(callable) });

const tokenBudget = Type.Integer({ minimum: -1, description: 'Most tokens of a thought; -1 is unlimited.' });

/** What only chats have: calls of functions, and thoughts. */
export const chatParameters = {
  tools: optional(Type.Array(tool, { maxItems: 512, description: 'Functions that the model may call.' })),
  tool_choice: optional(
    Type.Unknown({ description: 'none, auto, required, or {"type": "function", "function": {"name": "…"}}.' }),
  ),
  parallel_tool_calls: optional(
    Type.Boolean({ default: true, description: 'Whether one answer may have several calls.' }),
  ),
  reasoning_effort: optional(
    Type.String({ description: 'none, minimal, low, medium, high, xhigh or max; for models that think.' }),
  ),
  reasoning: optional(
    Type.Object({
      effort: optional(Type.String()),
      max_tokens: optional(tokenBudget),
      enabled: optional(Type.Boolean()),
    }),
  ),
  thinking: optional(
    Type.Object({
      type: optional(Type.Enum(['enabled', 'disabled', 'adaptive', 'auto'])),
      budget_tokens: optional(tokenBudget),
    }),
  ),
  think: optional(
    Type.Union([Type.Boolean(), Type.String()], {
      description: 'The same in the words of Ollama: a switch, or an effort.',
    }),
  ),
  enable_thinking: optional(Type.Boolean({ description: 'The same in the words of Qwen.' })),
  thinking_budget: optional(tokenBudget),
  thinking_budget_tokens: optional(tokenBudget),
  thinking_token_budget: optional(tokenBudget),
  verbosity: optional(Type.String({ description: 'Accepted but not used.' })),
};

/** What chats have for their templates, in all protocols. */
export const templateParameters = {
  chat_template_kwargs: optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'Variables of the chat template, such as enable_thinking, with any JSON values.',
    }),
  ),
  documents: optional(Type.Array(jsonObject, { description: 'For chat templates that know documents.' })),
};

/** How a prompt ends. */
export const endingParameters = {
  add_generation_prompt: optional(
    Type.Boolean({ description: 'Begin an answer after the last message; the default unless that is continued.' }),
  ),
  continue_final_message: optional(
    Type.Boolean({ description: 'Continue the last message; the default if it is from the assistant.' }),
  ),
};

export const chatCompletionRequest = Type.Object({
  messages: Type.Array(message, { minItems: 1 }),
  ...endingParameters,
  ...templateParameters,
  ...chatParameters,
  functions: optional(
    Type.Array(callable, {
      maxItems: 512,
      description: 'The same as OpenAI had it before tools: the answer has a function_call.',
    }),
  ),
  function_call: optional(Type.Unknown({ description: 'With functions: none, auto, or {"name": "…"}.' })),
  ...chatLogprobParameters,
  ...choiceParameters,
  ...generationParameters,
});

const tokens = Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1 });

export const completionRequest = Type.Object({
  prompt: Type.Union(
    [Type.String(), tokens, Type.Array(Type.String(), { minItems: 1 }), Type.Array(tokens, { minItems: 1 })],
    { description: 'One or more prompts, as texts or as tokens.' },
  ),
  suffix: optional(
    Type.String({
      description: 'What comes after the answer, for models that fill in the middle. An empty one is none.',
    }),
  ),
  echo: optional(Type.Boolean({ description: 'Repeat the prompt before the answer.' })),
  best_of: optional(
    Type.Integer({
      minimum: 1,
      description: 'Generate this many and return the n likeliest per token; at most max_concurrency. Not in streams.',
    }),
  ),
  ...textLogprobParameters,
  ...choiceParameters,
  ...generationParameters,
});

export type ResumeParameter = Static<typeof resume>;
export type ChatCompletionRequest = Static<typeof chatCompletionRequest>;
export type CompletionRequest = Static<typeof completionRequest>;
/** What both kinds of requests have in common. */
export type GenerationParameters = Omit<
  CompletionRequest,
  'prompt' | 'suffix' | 'best_of' | 'logprobs' | 'n' | 'resume'
>;
export type WireMessage = Static<typeof message>;
export type WireCall = Static<typeof call>;
export type WireTool = Static<typeof tool>;
