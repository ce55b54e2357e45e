import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../../../../src/core/executor/upstream/exchange/exchange.js';

type Controller = Parameters<Exchange['onResponseStart']>[0];

const controller: Controller = {
  ...{ aborted: false, paused: false, reason: null, rawHeaders: null, rawTrailers: null },
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};

/** What is heard of a stream whose connection breaks after these events. */
function heardOf(...events: readonly string[]): readonly string[] {
  return heardOfStream(events.map((event) => `data: ${event}\n\n`));
}

/**
 * @param headers of the answer
 * @param isCut whether the connection breaks after these chunks; otherwise the body ends
 */
function heardOfStream(
  chunks: readonly string[],
  headers: Readonly<Record<string, string | string[]>> = {},
  isCut = true,
): readonly string[] {
  const heard: string[] = [];
  const exchange = new Exchange(
    {
      whole: () => heard.push('whole'),
      begun: () => heard.push('begun'),
      data: (_chunk, _tokens, progress) => heard.push(['data', ...(progress?.tokens ?? [])].join(' ')),
      ended: (_usage, error) => heard.push(error === null ? 'ended' : `ended with ${error.message}`),
      failed: ({ type, reason }) => heard.push(type === 'broken' ? type : `${type}: ${reason}`),
    },
    { isResumption: false },
  );
  exchange.onResponseStart(controller, 103, { link: '</style.css>; rel=preload' });
  exchange.onResponseStart(controller, 200, { 'content-type': 'text/event-stream', ...headers });
  for (const chunk of chunks) exchange.onResponseData(controller, Buffer.from(chunk));
  if (isCut) exchange.onResponseError(controller, new Error('other side closed'));
  else exchange.onResponseEnd();
  return heard;
}

const token = (content: string): string => JSON.stringify({ choices: [{ index: 0, delta: { content } }] });

it('has an answer whose end has come, whatever happens to the connection after that', () => {
  expect(heardOf(token('Hi'), '[DONE]')).toEqual(['begun', 'data', 'data', 'ended']);
});

it('takes nothing in the text of an answer for its end', () => {
  expect(heardOf(token('data: [DONE]'))).toEqual(['begun', 'data', 'broken']);
});

const ending = JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });

it('needs no end mark where the answer says why it has ended and its body ends as well', () => {
  const events = [token('Hi'), ending].map((each) => `data: ${each}\n\n`);
  expect(heardOfStream(events, {}, false)).toEqual(['begun', 'data', 'data', 'ended']);
  expect(heardOfStream(events, {}, true)).toEqual(['begun', 'data', 'data', 'broken']);
  expect(heardOfStream(events.slice(0, 1), {}, false)).toEqual(['begun', 'data', 'broken']);
});

it.each<Readonly<Record<string, string | string[]>>>([
  { 'content-type': 'Text/Event-Stream; charset=UTF-8' },
  { 'content-type': ['text/event-stream', 'text/event-stream'] },
  { 'content-encoding': '' },
  { 'content-encoding': 'Identity' },
])('knows a stream by its headers, however they are written: %j', (headers) => {
  expect(heardOfStream([`data: ${token('Hi')}\n\n`], headers)).toEqual(['begun', 'data', 'broken']);
});

it('passes on an endless first event without reading it again and again', () => {
  const piece = 'x'.repeat(1000);
  const heard = heardOfStream(['data: {"type":"response.created","x":"', ...Array.from({ length: 5000 }, () => piece)]);
  expect(heard.slice(0, 2)).toEqual(['begun', 'data']);
  expect(heard).toHaveLength(4740);
});

const delta = (text: string): string =>
  `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', delta: { text } })}\n\n`;
const error = 'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"no"}}\n\n';
const failedResponse =
  'event: response.failed\ndata: {"type":"response.failed","response":{"error":{"code":"server_error","message":"no"}}}\n\n';
const created = 'event: response.created\ndata: {"type":"response.created","response":{"error":null}}\n\n';

it('takes an error in a stream for its end, which is not to be told a second time, in any protocol', () => {
  const heard = ['begun', 'data', 'data', 'ended with no'];
  expect(heardOfStream([delta('Hi'), error])).toEqual(heard);
  expect(heardOfStream([delta('Hi'), failedResponse])).toEqual(heard);
  expect(heardOfStream([delta('Hi'), 'event: error\ndata: {"type":"error","message":"no"}\n\n'])).toEqual(heard);
  expect(heardOf(token('Hi'), '{"error":{"message":"no"}}')).toEqual(heard);
  expect(heardOf(token('Hi'), '{"error":{"message":"no"}}', '[DONE]')).toEqual([
    ...['begun', 'data', 'data', 'data', 'ended with no'],
  ]);
});

it('takes no word in the text of an answer, and no error that is none, for one', () => {
  const noError = JSON.stringify({ choices: [{ index: 0, delta: { content: '{"error":"no"}' } }], error: null });
  expect(heardOf(token('Hi'), noError, '[DONE]')).toEqual(['begun', 'data', 'data', 'data', 'ended']);
});

it('takes nothing that has failed before its first token for an answer, in any protocol', () => {
  expect(heardOfStream([error])).toEqual(['broken']);
  expect(heardOfStream([created, failedResponse])).toEqual(['broken']);
});

it('passes on how an answer fails, unless its server was only stopped', () => {
  const resumable = { 'x-chatstream-resume': 'answer' };
  const begun = `${delta('Hi')}: tokens 7\n\n`;
  expect(heardOfStream([begun, `${error}: failed engine_failed\n\n`], resumable)).toEqual([
    ...['begun', 'data 7', 'data', 'ended with no'],
  ]);
  expect(heardOfStream([begun, `${error}: failed draining\n\n`], resumable)).toEqual(['begun', 'data 7', 'broken']);
  expect(heardOfStream([begun, error], resumable)).toEqual(['begun', 'data 7', 'broken']);
});

it("knows that a request has waited for too long by the code in Anthropic's shape, too", () => {
  const heard: string[] = [];
  const ignore = (): void => undefined;
  const exchange = new Exchange(
    { whole: ignore, begun: ignore, data: ignore, ended: ignore, failed: ({ type }) => heard.push(type) },
    { isResumption: false },
  );
  exchange.onResponseStart(controller, 503, { 'content-type': 'application/json' });
  const error = { type: 'overloaded_error', message: 'no', details: { error_code: 'queue_timeout', param: null } };
  exchange.onResponseData(controller, Buffer.from(JSON.stringify({ type: 'error', error })));
  exchange.onResponseEnd();
  expect(heard).toEqual(['timed_out']);
});

/** What is heard of an answer that comes as one body: its failure, or what is passed on. */
function heardOfWhole(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer | string,
): readonly unknown[] {
  const heard: unknown[] = [];
  const ignore = (): void => undefined;
  const exchange = new Exchange(
    {
      ...{ begun: ignore, data: ignore, ended: ignore },
      whole: (answer) => heard.push({ ...answer, body: answer.body.toString('latin1') }),
      failed: ({ type, reason }) => heard.push(`${type}: ${reason}`),
    },
    { isResumption: false },
  );
  exchange.onResponseStart(controller, status, headers);
  exchange.onResponseData(controller, Buffer.from(body));
  exchange.onResponseEnd();
  return heard;
}

const json = { 'content-type': 'application/json' };
const choices = '{"choices":[]}';
const tooLong = '{"error":{"message":"too long","code":400}}';

it.each([
  [201, json, choices, 'broken: it answers 201'],
  [202, json, '{"id":"later"}', 'broken: it answers 202'],
  [204, {}, '', 'broken: it answers 204'],
  [200, json, '', 'broken: its answer is not JSON'],
  [200, {}, '', 'broken: it answers with no type'],
  [
    200,
    { ...json, 'content-encoding': 'gzip' },
    gzipSync(choices),
    'broken: it answers in gzip, which was not requested',
  ],
  [200, { ...json, 'content-encoding': 'identity' }, choices, { status: 200, headers: json, body: choices }],
  [200, json, choices, { status: 200, headers: json, body: choices }],
  [404, json, '{"error":{}}', { status: 404, headers: json, body: '{"error":{}}' }],
  [200, json, '{"error":"no memory"}', 'broken: it reports an error: no memory'],
  [200, json, '{"error":{"message":"no","code":502}}', 'broken: it reports an error: no'],
  [200, json, '{"type":"error","error":{"message":"no"}}', 'broken: it reports an error: no'],
  [200, json, '{"status":"failed","error":{"message":"no"},"output":[]}', 'broken: it reports an error: no'],
  [200, json, tooLong, { status: 400, headers: { 'content-type': 'application/json; charset=utf-8' }, body: tooLong }],
])('answers of %d with %j and the body %j', (status, headers, body, heard) => {
  expect(heardOfWhole(status, headers, body)).toEqual([heard]);
});

it.each(['{"error":null}', '{"choices":[{}],"error":{"message":"no"}}'])('passes on the answer %s', (body) => {
  expect(heardOfWhole(200, json, body)).toEqual([{ status: 200, headers: json, body }]);
});

describe('a refusal that is compressed', () => {
  const refusal = '{"error":{"message":"no","code":"queue_timeout"}}';

  it.each([
    ['gzip', gzipSync(refusal)],
    ['X-GZIP', gzipSync(refusal)],
    ['deflate', deflateSync(refusal)],
    ['br', brotliCompressSync(refusal)],
  ])('is passed on as it was before: %s', (coding, body) => {
    const headers = { ...json, 'content-encoding': coding };
    expect(heardOfWhole(400, headers, body)).toEqual([{ status: 400, headers: json, body: refusal }]);
    expect(heardOfWhole(503, headers, body)).toEqual(['timed_out: the request waited there for too long']);
  });

  it.each([
    ['a coding that is not known', 'zstd', Buffer.from(refusal)],
    ['a body that is not in that coding', 'gzip', Buffer.from(refusal)],
    ['more than 1 MiB', 'gzip', gzipSync(Buffer.alloc(1024 * 1024 + 1))],
  ])('is passed on as it came, with its coding: %s', (_what, coding, body) => {
    const headers = { ...json, 'content-encoding': coding };
    expect(heardOfWhole(400, headers, body)).toEqual([{ status: 400, headers, body: body.toString('latin1') }]);
  });
});
