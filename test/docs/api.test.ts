import { describe, expect, it } from 'vitest';
import { ChatstreamError, type ErrorCode } from '../../src/core/base/errors.js';
import { errorBody, httpStatus } from '../../src/core/server/protocol/http-errors.js';
import { messagesErrorBody } from '../../src/core/server/protocol/messages/messages-errors.js';
import {
  chatCompletionRequest,
  completionRequest,
} from '../../src/core/server/schemas/completions/completion-requests.js';
import { samplingDefaults } from '../../src/core/server/schemas/shared/sampling-parameters.js';
import { testApp } from '../support/app.js';
import { codeIn, readPage, rowsOf } from './markdown.js';

const page = readPage('docs/api.md');

/** Every error that a client can get. */
const clientErrors: readonly ErrorCode[] = [
  'invalid_request',
  'context_length_exceeded',
  'grammar_too_complex',
  'invalid_api_key',
  'forbidden',
  'model_not_found',
  'not_found',
  'method_not_allowed',
  'websocket_unsupported',
  'unsupported_media_type',
  'limits_held',
  'body_timeout',
  'body_too_large',
  'queue_full',
  'ttft_target',
  'rate_limited',
  'quota_exceeded',
  'queue_timeout',
  'deadline',
  'draining',
  'too_many_connections',
  'engine_unavailable',
  'cluster_unavailable',
  'engine_failed',
  'upstream_failed',
  'model_loading_failed',
  'storage_failed',
  'internal',
];

describe('docs/api.md', () => {
  it('lists the path of each route', async () => {
    const { get } = await testApp();
    const { paths } = (await get('/openapi.json')).json<{ readonly paths: object }>();
    const listed = ['route', 'route of conversations'].flatMap((header) =>
      rowsOf(page, header).flatMap((row) => codeIn(row.get(header) ?? '').map((code) => code.replace(/^[A-Z]+ /, ''))),
    );
    const real = Object.keys(paths).map((path) => path.replace(/\{(\w+)\}/g, ':$1'));
    expect(real.filter((path) => !listed.includes(path))).toEqual([]);
  });

  const parameters = rowsOf(page, 'parameter');

  it('lists the parameters of both kinds of completions', () => {
    const listed = parameters.flatMap((row) => codeIn(row.get('parameter') ?? ''));
    expect([...listed].sort()).toEqual(
      [
        ...new Set([chatCompletionRequest, completionRequest].flatMap(({ properties }) => Object.keys(properties))),
      ].sort(),
    );
  });

  it('states the defaults of sampling', () => {
    const stated = parameters.flatMap((row) =>
      codeIn(row.get('parameter') ?? '').map((name) => [name, Number(row.get('default'))] as const),
    );
    const sampling = stated.filter(([name]) => name in samplingDefaults);
    expect(Object.fromEntries(sampling)).toEqual(samplingDefaults);
  });

  it('lists the errors with their status and type', () => {
    const stated = rowsOf(page, 'case').map((row) => [
      row.get('`code`'),
      Number(/^\d+/.exec(row.get('status') ?? '')?.[0]),
      row.get('`type`'),
    ]);
    const real = clientErrors.map((code) => [
      `\`${code}\``,
      httpStatus(code),
      `\`${errorBody(new ChatstreamError(code, 'An example.')).error.type}\``,
    ]);
    expect(stated).toEqual(real);
  });

  it("lists every status of the Messages API with Anthropic's type", () => {
    const stated = rowsOf(page, 'status').flatMap((row) =>
      (row.get('status') ?? '').split(', ').map((status) => [Number(status), row.get('`error.type`')] as const),
    );
    // Messages are not stored, and hold nothing.
    const real = clientErrors
      .filter((code) => code !== 'storage_failed' && code !== 'limits_held')
      .map((code) => {
        const { type } = messagesErrorBody(new ChatstreamError(code, 'An example.'), 'r-1').error;
        return [httpStatus(code), `\`${type}\``] as const;
      });
    expect(stated.map(([status]) => status)).toEqual([...new Set(stated.map(([status]) => status))]);
    expect(new Map(stated)).toEqual(new Map(real));
  });
});
