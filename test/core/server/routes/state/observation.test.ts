import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestApp, type TestApp } from '../../../../support/app.js';

interface Operation {
  readonly summary?: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestBody?: { readonly content: Record<string, { readonly schema: { readonly properties: object } }> };
}

interface OpenApi {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Record<string, Record<string, Operation>>;
}

const routes = [
  ['post', '/v1/chat/completions'],
  ['post', '/v1/completions'],
  ['post', '/v1/messages'],
  ['post', '/v1/messages/count_tokens'],
  ['post', '/v1/responses'],
  ['post', '/v1/responses/input_tokens'],
  ['get', '/v1/responses/{id}'],
  ['delete', '/v1/responses/{id}'],
  ['get', '/v1/responses/{id}/input_items'],
  ['post', '/v1/conversations'],
  ['get', '/v1/conversations/{id}'],
  ['post', '/v1/conversations/{id}'],
  ['delete', '/v1/conversations/{id}'],
  ['get', '/v1/conversations/{id}/items'],
  ['post', '/v1/conversations/{id}/items'],
  ['get', '/v1/conversations/{id}/items/{item_id}'],
  ['delete', '/v1/conversations/{id}/items/{item_id}'],
  ['post', '/v1/feedback'],
  ['get', '/v1/feedback'],
  ['delete', '/v1/feedback/{id}'],
  ['post', '/v1/embeddings'],
  ['get', '/v1/models'],
  ['get', '/v1/models/{id}'],
  ['post', '/v1/chat/completions/input_tokens'],
  ['post', '/tokenize'],
  ['post', '/detokenize'],
  ['get', '/v1/queue'],
  ['patch', '/v1/queue'],
  ['get', '/v1/queue/events'],
  ['get', '/v1/history'],
  ['get', '/v1/resources'],
  ['get', '/v1/usage'],
  ['get', '/livez'],
  ['get', '/readyz'],
  ['get', '/health'],
  ['get', '/metrics'],
] as const;

const keyless: ReadonlySet<string> = new Set(['get /livez', 'get /readyz', 'get /health']);

/** Routes that the keys of all roles may use. */
const everyRole: ReadonlySet<string> = new Set([
  'get /v1/models',
  'get /v1/queue',
  'get /v1/queue/events',
  'get /v1/usage',
]);

const generationParameters = [
  'model',
  'stream',
  'stream_options',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'seed',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'repeat_penalty',
  'repetition_penalty',
  'repeat_last_n',
  'xtc_probability',
  'xtc_threshold',
  'dry_multiplier',
  'dry_base',
  'dry_allowed_length',
  'dry_penalty_last_n',
  'dry_sequence_breakers',
  'logit_bias',
  'response_format',
  'json_schema',
  'format',
  'structured_outputs',
  'guided_json',
  'guided_choice',
  'guided_regex',
  'guided_grammar',
  'regex',
  'grammar',
  'ebnf',
  'ignore_eos',
  'user',
  'max_tokens',
  'max_completion_tokens',
  'n_predict',
  'max_new_tokens',
  'num_predict',
  'min_tokens',
  'stop_token_ids',
  'service_tier',
  'deadline_ms',
  'priority',
  'n',
];

const chatParameters = [
  'messages',
  'add_generation_prompt',
  'continue_final_message',
  'chat_template_kwargs',
  'documents',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning_effort',
  'reasoning',
  'thinking',
  'think',
  'enable_thinking',
  'thinking_budget',
  'thinking_budget_tokens',
  'thinking_token_budget',
  'verbosity',
];

/** What OpenAI had before tools. */
const functionParameters = ['functions', 'function_call'];

const responseParameters = [
  'input',
  'instructions',
  'previous_response_id',
  'conversation',
  'store',
  'max_output_tokens',
  'text',
  'truncation',
  'include',
  'metadata',
  'safety_identifier',
  'prompt_cache_key',
  'resume',
];

describe('observation', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  async function openApi(): Promise<OpenApi> {
    const answer = await shared.get('/openapi.json');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    return answer.json<OpenApi>();
  }

  it('serves an OpenAPI document of this version', async () => {
    expect(await openApi()).toMatchObject({ openapi: '3.1.0', info: { title: 'chatstream', version: '1.2.3' } });
  });

  it('writes the OpenAPI document once, however often it is asked for', async () => {
    const first = await shared.get('/openapi.json');
    const write = vi.spyOn(JSON, 'stringify');
    onTestFinished(() => {
      write.mockRestore();
    });
    expect((await shared.get('/openapi.json')).body).toBe(first.body);
    const written = write.mock.results.map(({ value }) => String(value));
    expect(written.filter((text) => text.includes('openapi'))).toEqual([]);
  });

  it.each(routes)('describes %s %s', async (method, path) => {
    const { paths } = await openApi();
    expect(paths[path]?.[method]?.summary).toMatch(/^[A-Z]/);
  });

  it('describes no route that does not exist', async () => {
    const { paths } = await openApi();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described.toSorted()).toEqual(routes.map(([method, path]) => `${method} ${path}`).toSorted());
  });

  it.each([
    [
      'post',
      '/v1/chat/completions',
      [...generationParameters, ...chatParameters, ...functionParameters, 'logprobs', 'top_logprobs', 'resume'],
    ],
    ['post', '/v1/completions', [...generationParameters, 'prompt', 'suffix', 'echo', 'best_of', 'logprobs', 'resume']],
    [
      'post',
      '/v1/responses',
      [
        ...generationParameters.filter((name) => name !== 'n'),
        ...chatParameters.filter((name) => name !== 'messages'),
        ...responseParameters,
        'top_logprobs',
      ],
    ],
    ['post', '/v1/conversations/{id}/items', ['items']],
    [
      'post',
      '/tokenize',
      [
        ...generationParameters,
        ...functionParameters,
        ...chatParameters,
        'logprobs',
        'top_logprobs',
        'resume',
        'content',
        'add_special',
        'parse_special',
        'with_pieces',
        'return_token_strs',
        'prompt',
        'add_special_tokens',
      ],
    ],
    ['post', '/detokenize', ['model', 'tokens']],
    ['patch', '/v1/queue', ['hold', 'max_concurrency', 'max_queue', 'model']],
    ['post', '/v1/feedback', ['response_id', 'like', 'comment', 'fields']],
  ])('describes the body of %s %s', async (method, path, parameters) => {
    const { paths } = await openApi();
    const schema = paths[path]?.[method]?.requestBody?.content['application/json']?.schema;
    expect(Object.keys(schema?.properties ?? {}).toSorted()).toEqual(parameters.toSorted());
  });

  it('says of each route which errors it may have because of the key, of the body and of the model', async () => {
    const { paths } = await openApi();
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, ...operation })),
    );
    const lacking = operations.flatMap(({ route, responses, requestBody }) => {
      const ofKey = keyless.has(route) ? [] : ['401', ...(everyRole.has(route) ? [] : ['403'])];
      const ofBody = requestBody === undefined ? [] : ['400', '408', '413', '415'];
      const named = requestBody?.content['application/json']?.schema.properties ?? {};
      const ofModel = 'model' in named ? ['404'] : [];
      const missing = [...ofKey, ...ofBody, ...ofModel].filter((status) => !(status in responses));
      return missing.length === 0 ? [] : [[route, ...missing]];
    });
    expect(lacking).toEqual([]);
  });

  it('serves metrics as Prometheus reads them', async () => {
    const answer = await shared.get('/metrics');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.body).toContain('# TYPE chatstream_requests_running gauge\n');
  });
});
