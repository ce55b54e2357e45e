import { ChatstreamError } from '../../../base/errors.js';
import { isRecord } from '../../../base/json.js';

type Refusal = (value: unknown) => boolean;
type Refusals = Readonly<Record<string, Refusal>>;

const unlessEmpty: Refusal = (value) => !Array.isArray(value) || value.length > 0;
const unlessEmptyText: Refusal = (value) => value !== '';
const unlessFalse: Refusal = (value) => value !== false;
const unlessTrue: Refusal = (value) => value !== true;
const unlessZero: Refusal = (value) => value !== 0;
const unlessOne: Refusal = (value) => value !== 1;
const unlessNotPositive: Refusal = (value) => typeof value !== 'number' || value > 0;
const unlessNegative: Refusal = (value) => typeof value !== 'number' || value >= 0;
const always: Refusal = () => true;

/**
 * Known parameters that are not supported, with the values that would change the answer. Ignoring them would mislead
 * the client, which would believe that it got what it asked for. Parameters that change nothing (`store`, `metadata`,
 * …) pass, and so do parameters of something that is refused (`mirostat_tau`).
 */
const refusals: Refusals = {
  // OpenAI
  n: unlessOne,
  best_of: unlessOne,
  functions: unlessEmpty,
  function_call: (value) => value !== 'none' && value !== 'auto',
  logprobs: unlessFalse,
  top_logprobs: unlessZero,
  audio: always,
  modalities: (value) => !Array.isArray(value) || value.some((modality) => modality !== 'text'),
  web_search_options: always,
  echo: unlessFalse,
  suffix: unlessEmptyText,
  // llama-server
  samplers: (value) => !keepsOrder(value),
  typical_p: unlessOne,
  typ_p: unlessOne,
  top_n_sigma: unlessNotPositive,
  dynatemp_range: unlessZero,
  mirostat: unlessZero,
  adaptive_target: unlessNegative,
  min_keep: (value) => value !== 0 && value !== 1,
  n_probs: unlessZero,
  n_cmpl: unlessOne,
  n_indent: unlessZero,
  t_max_predict_ms: unlessNotPositive,
  return_tokens: unlessFalse,
  lora: unlessEmpty,
  grammar_lazy: unlessFalse,
  grammar_triggers: unlessEmpty,
  // vLLM
  use_beam_search: unlessFalse,
  include_stop_str_in_output: unlessFalse,
  skip_special_tokens: unlessTrue,
  allowed_token_ids: always,
  bad_words: unlessEmpty,
  truncate_prompt_tokens: always,
  prompt_logprobs: always,
  logits_processors: unlessEmpty,
  repetition_detection: always,
  watermarking: unlessFalse,
  return_token_ids: unlessFalse,
  return_tokens_as_token_ids: unlessFalse,
  guided_whitespace_pattern: always,
  // SGLang
  stop_regex: (value) => unlessEmpty(value) && unlessEmptyText(value),
  no_stop_trim: unlessFalse,
  lora_path: always,
  custom_logit_processor: always,
  session_params: always,
  return_hidden_states: unlessFalse,
  return_prompt_token_ids: unlessFalse,
  // Ollama
  options: (value) => !isRecord(value) || Object.keys(value).length > 0,
  // Others
  mirostat_mode: unlessZero,
  no_repeat_ngram_size: unlessZero,
  epsilon_cutoff: unlessZero,
  eta_cutoff: unlessZero,
  smoothing_factor: unlessZero,
  typical: unlessOne,
  top_a: unlessZero,
  tfs_z: unlessOne,
  tfs: unlessOne,
  skew: unlessZero,
  nsigma: unlessNotPositive,
  dynamic_temperature: unlessFalse,
  guidance_scale: unlessOne,
  grammar_string: unlessEmptyText,
  custom_token_bans: (value) => unlessEmpty(value) && unlessEmptyText(value),
  banned_strings: unlessEmpty,
};

const chatRefusals: Refusals = {
  chat_template: always,
  logprob_token_ids: always,
  add_special_tokens: unlessFalse,
  input_ids: always,
  return_prompt_text: unlessFalse,
  // OpenAI
  moderation: always,
  // llama-server
  reasoning_format: (value) => value !== 'auto' && value !== 'deepseek',
  parse_tool_calls: unlessTrue,
  thinking_forced_open: unlessFalse,
  // vLLM
  include_reasoning: unlessTrue,
  // SGLang
  separate_reasoning: unlessTrue,
};

const responseRefusals: Refusals = {
  ...chatRefusals,
  background: unlessFalse,
  context_management: unlessEmpty,
  messages: always,
  prompt: always,
};

const textRefusals: Refusals = {
  prompt_embeds: always,
  add_special_tokens: unlessTrue,
  tools: unlessEmpty,
  tool_choice: (value) => value !== 'none' && value !== 'auto',
};

/** The same for embeddings. */
const embeddingRefusals: Refusals = {
  add_special_tokens: unlessTrue,
  embd_normalize: (value) => value !== 2,
  normalize: unlessTrue,
  use_activation: unlessTrue,
  input_type: always,
};

/** The same for Anthropic's API. Edits of the context are read with the messages. */
const messagesRefusals: Refusals = {
  container: always,
  mcp_servers: unlessEmpty,
  thread: always,
  compaction: always,
};

/** The same for the parts of Anthropic's `output_config`. */
const outputConfigRefusals: Refusals = {
  task_budget: always,
};

const typeRefusals = {
  chat: chatRefusals,
  text: textRefusals,
  messages: { ...chatRefusals, ...messagesRefusals },
  response: responseRefusals,
  embeddings: embeddingRefusals,
} as const;

/** The same for the parts of vLLM's `structured_outputs`. */
const structuredOutputRefusals: Refusals = {
  structural_tag: always,
  whitespace_pattern: always,
  disable_any_whitespace: unlessFalse,
  disable_additional_properties: unlessFalse,
};

/** The same for what the messages of a chat may contain besides their text; the model would not see it. */
const messageRefusals: Refusals = {
  audio: always,
  // Ollama
  images: unlessEmpty,
};

/** Parameters of the first table that are nevertheless supported there. */
const supported: Readonly<Record<keyof typeof typeRefusals, ReadonlySet<string>>> = {
  chat: new Set(['n', 'functions', 'function_call', 'logprobs', 'top_logprobs']),
  text: new Set(['n', 'best_of', 'echo', 'suffix', 'logprobs']),
  messages: new Set(),
  response: new Set(['top_logprobs']),
  embeddings: new Set(),
};

/** All of each type. */
const tables: Readonly<Record<keyof typeof typeRefusals, Refusals>> = {
  chat: together('chat'),
  text: together('text'),
  messages: together('messages'),
  response: together('response'),
  embeddings: together('embeddings'),
};

function together(type: keyof typeof typeRefusals): Refusals {
  const general = Object.entries(refusals).filter(([name]) => !supported[type].has(name));
  return { ...Object.fromEntries(general), ...typeRefusals[type] };
}

const leaveItOut = 'Leave it out; nothing was generated.';

const hints: Readonly<Record<string, string>> = {
  functions: 'Chat completions have it; send "tools" in responses and messages.',
  function_call: 'Chat completions have it; send "tool_choice" in responses and messages.',
  messages: 'Send "input" instead.',
  logprobs: 'Chat completions and completions have it; responses have "include".',
  top_logprobs: 'Chat completions and responses have it.',
  options: 'Send its members as separate parameters. The server sets the length of the context (--context).',
  grammar_string: 'Send "grammar" instead.',
  custom_token_bans: 'Send "logit_bias" instead.',
};

/** The order in which candidates are dropped and changed here; llama-server's default, with all its names. */
const samplerOrder: readonly (readonly string[])[] = [
  ['penalties'],
  ['dry'],
  ['top_n_sigma'],
  ['top_k'],
  ['typ_p', 'typical_p'],
  ['top_p'],
  ['min_p'],
  ['xtc'],
  ['temperature'],
];

/** Samplers that are always off, so that it does not matter whether a list contains them. */
const unusedSamplers: ReadonlySet<string> = new Set(['top_n_sigma', 'typ_p', 'typical_p']);

/** Whether a list of samplers is the order in which they are used here. */
function keepsOrder(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const places = value.map((name) => samplerOrder.findIndex((names) => names.some((known) => known === name)));
  const isInOrder = places.every((place, index) => place > (places[index - 1] ?? -1));
  return isInOrder && samplerOrder.every(([name = ''], place) => unusedSamplers.has(name) || places.includes(place));
}

/** @throws ChatstreamError `invalid_request` that names the first unsupported parameter */
export function refuseUnsupported(body: object, type: keyof typeof typeRefusals): void {
  refuse(body, tables[type], '');
  const structured = 'structured_outputs' in body ? body.structured_outputs : null;
  if (isRecord(structured)) refuse(structured, structuredOutputRefusals, 'structured_outputs.');
  const output = type === 'messages' && 'output_config' in body ? body.output_config : null;
  if (isRecord(output)) refuse(output, outputConfigRefusals, 'output_config.');
}

/** @throws ChatstreamError `invalid_request` that names the first unsupported part of a message */
export function refuseUnsupportedMessages(messages: readonly object[]): void {
  messages.forEach((message, index) => {
    refuse(message, messageRefusals, `messages.${index}.`);
  });
}

function refuse(parameters: object, table: Refusals, prefix: string): void {
  for (const [name, value] of Object.entries(parameters)) {
    // Only the table's own entries: a parameter may be called "constructor".
    const changesAnswer = Object.hasOwn(table, name) ? table[name] : undefined;
    if (value === null || value === undefined || changesAnswer?.(value) !== true) continue;
    const param = `${prefix}${name}`;
    throw new ChatstreamError('invalid_request', `The parameter "${param}" is not supported with this value.`, {
      param,
      hint: (Object.hasOwn(hints, param) ? hints[param] : undefined) ?? leaveItOut,
    });
  }
}
