import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp } from '../../support/app.js';
import { chatPath, completionPath, testParameters } from './parameter-cases.js';

/** Parameters of other servers, and of newer versions of OpenAI's API, with values that are accepted. */
const accepted: readonly (readonly [string, readonly unknown[]])[] = [
  // Formats that ask for nothing, or for what the mock engine can do.
  ['response_format', [{ type: 'json_object', schema: {} }]],
  ['format', ['json', '', null]],
  ['json_schema', ['', null]],
  ['grammar', ['', null]],
  ['ebnf', ['', null]],
  ['regex', ['', null]],
  ['structured_outputs', [{}, { json_object: true }, { disable_any_whitespace: false, backend: 'auto' }, null]],
  ['guided_decoding_backend', ['outlines']],
  // Sampling.
  ['repetition_penalty', [0.1, 1, 1.2, null]],
  ['repeat_last_n', [-1, 0, 64, null]],
  ['xtc_probability', [0, 0.5, 1, null]],
  ['xtc_threshold', [0, 0.1, 1, null]],
  ['dry_multiplier', [0, 0.8, null]],
  ['dry_base', [1, 1.75, null]],
  ['dry_allowed_length', [0, 2, null]],
  ['dry_penalty_last_n', [-1, 0, 64, null]],
  ['dry_sequence_breakers', [[], ['\n'], null]],
  ['typical_p', [1, null]],
  ['top_n_sigma', [-1, 0]],
  ['dynatemp_range', [0]],
  ['dynatemp_exponent', [1.5]],
  ['mirostat', [0]],
  ['mirostat_tau', [5]],
  ['mirostat_eta', [0.1]],
  ['adaptive_target', [-1]],
  ['min_keep', [0, 1]],
  ['top_a', [0]],
  ['tfs_z', [1]],
  ['samplers', [['penalties', 'dry', 'top_n_sigma', 'top_k', 'typ_p', 'top_p', 'min_p', 'xtc', 'temperature'], null]],
  ['samplers', [['penalties', 'dry', 'top_k', 'top_p', 'min_p', 'xtc', 'temperature']]],
  // Lengths and ends.
  ['n_predict', [-1, 1, 2, null]],
  ['num_predict', [-1, 1, 2, null]],
  ['max_new_tokens', [-1, 1, 2, null]],
  ['min_tokens', [0, 2, null]],
  ['stop_token_ids', [[], [5, 6], null]],
  ['use_beam_search', [false]],
  ['length_penalty', [1, 2]],
  ['early_stopping', [true]],
  ['include_stop_str_in_output', [false]],
  ['no_stop_trim', [false]],
  ['stop_regex', [[], '']],
  ['t_max_predict_ms', [0, -1]],
  ['n_indent', [0]],
  ['bad_words', [[]]],
  ['n_cmpl', [1]],
  // What the answer contains.
  ['skip_special_tokens', [true]],
  ['spaces_between_special_tokens', [true, false]],
  ['n_probs', [0]],
  ['return_tokens', [false]],
  ['return_token_ids', [false]],
  ['return_tokens_as_token_ids', [false, null]],
  ['timings_per_token', [true]],
  ['return_progress', [true]],
  ['lora', [[]]],
  // Thoughts.
  ['reasoning_format', ['auto', 'deepseek', null]],
  ['include_reasoning', [true]],
  ['separate_reasoning', [true]],
  ['stream_reasoning', [true, false]],
  ['parse_tool_calls', [true]],
  ['thinking_forced_open', [false]],
  ['think', [true, false, 'high', null]],
  ['enable_thinking', [true, false, null]],
  // None of these changes the answer.
  ['options', [{}, null]],
  ['num_ctx', [2048, 8192]],
  ['cache_prompt', [true, false]],
  ['id_slot', [0, -1]],
  ['n_keep', [-1, 5]],
  ['prediction', [{ type: 'content', content: 'x' }]],
  ['service_tier', ['flex']],
  ['safety_identifier', ['x']],
  ['prompt_cache_key', ['x']],
  ['prompt_cache_retention', ['24h']],
  ['priority', [3]],
  ['request_id', ['x']],
  ['keep_alive', ['5m']],
];

/** What is refused, and the parameter that is named. */
const refused: readonly (readonly [param: string, body: object])[] = [
  ['response_format.schema', { response_format: { type: 'json_object', schema: 'x' } }],
  ['format', { format: 'xml' }],
  ['format', { format: 5 }],
  ['json_schema', { json_schema: '{' }],
  ['grammar', { grammar: 5 }],
  ['regex', { regex: ['a'] }],
  ['guided_choice', { guided_choice: [] }],
  ['guided_choice', { guided_choice: 'a' }],
  ['structured_outputs.choice.1', { structured_outputs: { choice: ['a', ''] } }],
  ['structured_outputs.json_object', { structured_outputs: { json_object: 1 } }],
  ['structured_outputs.whitespace_pattern', { structured_outputs: { json: {}, whitespace_pattern: ' ' } }],
  ['structured_outputs.structural_tag', { structured_outputs: { structural_tag: '{}' } }],
  ['structured_outputs.disable_any_whitespace', { structured_outputs: { disable_any_whitespace: true } }],
  ['repetition_penalty', { repetition_penalty: 0 }],
  ['repetition_penalty', { repetition_penalty: 1.2, repeat_penalty: 1.1 }],
  ['repeat_last_n', { repeat_last_n: -2 }],
  ['xtc_probability', { xtc_probability: 1.1 }],
  ['xtc_threshold', { xtc_threshold: -0.1 }],
  ['dry_multiplier', { dry_multiplier: -1 }],
  ['dry_base', { dry_base: 0.5 }],
  ['dry_allowed_length', { dry_allowed_length: -1 }],
  ['dry_penalty_last_n', { dry_penalty_last_n: 1.5 }],
  ['dry_sequence_breakers', { dry_multiplier: 1, dry_sequence_breakers: '\n' }],
  ['dry_sequence_breakers.0', { dry_sequence_breakers: [''] }],
  ['typical_p', { typical_p: 0.9 }],
  ['top_n_sigma', { top_n_sigma: 1 }],
  ['dynatemp_range', { dynatemp_range: 0.5 }],
  ['mirostat', { mirostat: 2 }],
  ['adaptive_target', { adaptive_target: 0.5 }],
  ['min_keep', { min_keep: 2 }],
  ['top_a', { top_a: 0.1 }],
  ['tfs_z', { tfs_z: 0.9 }],
  ['samplers', { samplers: ['top_k', 'temperature'] }],
  ['samplers', { samplers: ['temperature', 'penalties', 'dry', 'top_k', 'top_p', 'min_p', 'xtc'] }],
  ['samplers', { samplers: 'edkypmxt' }],
  ['n_predict', { n_predict: 0, max_tokens: null }],
  ['n_predict', { n_predict: -2 }],
  ['min_tokens', { min_tokens: 3 }],
  ['min_tokens', { min_tokens: -1 }],
  ['stop_token_ids', { stop_token_ids: 5 }],
  ['stop_token_ids.0', { stop_token_ids: ['x'] }],
  ['use_beam_search', { use_beam_search: true }],
  ['include_stop_str_in_output', { include_stop_str_in_output: true }],
  ['no_stop_trim', { no_stop_trim: true }],
  ['stop_regex', { stop_regex: 'a+' }],
  ['t_max_predict_ms', { t_max_predict_ms: 100 }],
  ['n_indent', { n_indent: 4 }],
  ['allowed_token_ids', { allowed_token_ids: [5] }],
  ['bad_words', { bad_words: ['x'] }],
  ['n_cmpl', { n_cmpl: 2 }],
  ['skip_special_tokens', { skip_special_tokens: false }],
  ['n_probs', { n_probs: 5 }],
  ['prompt_logprobs', { prompt_logprobs: 1 }],
  ['return_tokens', { return_tokens: true }],
  ['return_token_ids', { return_token_ids: true }],
  ['return_tokens_as_token_ids', { return_tokens_as_token_ids: true }],
  ['truncate_prompt_tokens', { truncate_prompt_tokens: 100 }],
  ['lora', { lora: [{ id: 0, scale: 1 }] }],
  ['lora_path', { lora_path: 'x' }],
  ['logits_processors', { logits_processors: ['x'] }],
  ['options', { options: { num_predict: 5 } }],
  ['num_predict', { num_predict: 1.5 }],
  ['max_new_tokens', { max_new_tokens: -2 }],
  ['guidance_scale', { guidance_scale: 1.5 }],
  ['banned_strings', { banned_strings: ['x'] }],
  ['custom_token_bans', { custom_token_bans: '1,2' }],
  ['grammar_string', { grammar_string: 'root ::= "x"' }],
  ['dynamic_temperature', { dynamic_temperature: true }],
  ['nsigma', { nsigma: 1 }],
  ['skew', { skew: 0.5 }],
  ['tfs', { tfs: 0.9 }],
  ['mirostat_mode', { mirostat_mode: 2 }],
  ['no_repeat_ngram_size', { no_repeat_ngram_size: 3 }],
  ['custom_logit_processor', { custom_logit_processor: 'x' }],
];

describe('parameters of other servers', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  testParameters({ accepted, refused }, () => shared);

  it.each([
    [chatPath, chat('hello', { chat_template: 'x' }), 'chat_template'],
    [chatPath, chat('hello', { logprobs: true, logprob_token_ids: [5] }), 'logprob_token_ids'],
    [chatPath, { messages: [{ role: 'user', content: 'x', images: ['aGk='] }] }, 'messages.0.images'],
    [completionPath, { prompt: 'x', prompt_embeds: 'aGk=' }, 'prompt_embeds'],
    [chatPath, chat('hello', { add_special_tokens: true }), 'add_special_tokens'],
    [chatPath, chat('hello', { input_ids: [1] }), 'input_ids'],
    [chatPath, chat('hello', { reasoning_format: 'none' }), 'reasoning_format'],
    [chatPath, chat('hello', { include_reasoning: false }), 'include_reasoning'],
    [chatPath, chat('hello', { separate_reasoning: false }), 'separate_reasoning'],
    [chatPath, chat('hello', { parse_tool_calls: false }), 'parse_tool_calls'],
    [chatPath, chat('hello', { thinking_forced_open: true }), 'thinking_forced_open'],
    [chatPath, chat('hello', { think: 'deep' }), 'think'],
    [completionPath, { prompt: 'hello', add_special_tokens: false }, 'add_special_tokens'],
  ])('%s refuses %j and names %s', async (path, body, param) => {
    const answer = await shared.ask(path, body);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  it.each([
    [
      { grammar_string: 'root ::= "a"' },
      'The parameter "grammar_string" is not supported with this value. Send "grammar" instead.',
    ],
    [
      { mirostat: 2 },
      'The parameter "mirostat" is not supported with this value. Leave it out; nothing was generated.',
    ],
    [
      { structured_outputs: { regex: 'a' } },
      'The mock engine cannot follow a JSON schema or a grammar. Use json_object, or serve a model.',
    ],
    [
      { format: 'json', regex: 'a' },
      '"regex" and "format" ask for different formats of the answer. Send only one of them.',
    ],
  ])('says in plain words what is wrong with %j', async (body, message) => {
    const answer = await shared.ask(chatPath, chat('hello', body));
    expect(answer.json<unknown>()).toMatchObject({ error: { message } });
  });

  it('are all understood in what SillyTavern sends to a generic server', async () => {
    const lengths = { max_new_tokens: 8, max_tokens: 8, n_predict: 8, num_predict: 8, num_ctx: 2048 };
    const filters = { top_p: 0.95, typical_p: 1, typical: 1, min_p: 0.01, top_k: 0, top_a: 0, tfs: 1, skew: 0 };
    const sigmas = { nsigma: 0, top_n_sigma: 0, min_keep: 0, smoothing_factor: 0, smoothing_curve: 1 };
    const others = { mirostat_mode: 0, mirostat: 0, adaptive_target: -0.01, adaptive_decay: 0.9, guidance_scale: 1 };
    const penalties = {
      repetition_penalty: 1.1,
      repeat_penalty: 1.1,
      rep_pen: 1.1,
      repeat_last_n: 0,
      rep_pen_range: 0,
    };
    const breakers = '["\\n",":","\\"","*"]';
    const dry = { dry_multiplier: 0.75, dry_allowed_length: 2, dry_penalty_last_n: 0, dry_sequence_breakers: breakers };
    const bans = { custom_token_bans: '', banned_strings: [], ban_eos_token: false, ignore_eos: false };
    const rest = { skip_special_tokens: true, include_reasoning: true, min_tokens: 0, max_tokens_second: 0 };
    const names = { api_type: 'generic', truncation_length: 2048, stopping_strings: ['\nA:'], negative_prompt: '' };
    const sampling = { temperature: 1.5, ...filters, ...sigmas, ...others, ...penalties, ...dry };
    const answer = await shared.post(completionPath, {
      prompt: 'A: Hi\nB:',
      stop: ['\nA:'],
      ...lengths,
      ...sampling,
      ...bans,
      ...rest,
      ...names,
    });
    expect(answer.json<unknown>()).toMatchObject({ usage: { completion_tokens: 8 } });
  });
});
