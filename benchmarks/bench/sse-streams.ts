import { sseData } from '../../src/core/server/protocol/answer-encoder.js';
import { CompletionEncoder } from '../../src/core/server/protocol/completions/completion-encoder.js';

/** One answer as a server writes it: every event in turn, `[DONE]` included. */
export interface RecordedAnswer {
  readonly name: string;
  readonly events: readonly Buffer[];
}

/** A way in which the bytes of an answer reach the client. */
export interface Delivery {
  readonly name: string;
  readonly cut: (events: readonly Buffer[]) => Buffer[];
}

const tokens = 200;

const sseDone = sseData('[DONE]');
const english = ['The', ' quick', ' "brown"', ' fox', ' jumps', ' over', '\n', ' the', ' lazy', ' dog', '.', ' It'];
const japanese = ['こんにち', 'は', '、', '世界', '。', '今日', 'は', '良い', '天気', 'です', 'ね', '🦙'];

function textOf(words: readonly string[]): string[] {
  return Array.from({ length: tokens }, (_, index) => words[index % words.length] ?? '');
}

function chatstream(texts: readonly string[]): string[] {
  const id = 'chatcmpl-6f6f2f1c-2f0e-4d0c-9a53-0d5c8d3b1f10';
  const head = { id, created: 1_782_114_956, model: 'tiny', fingerprint: 'fp_44709d6fcb', serviceTier: null };
  const encoder = new CompletionEncoder('chat', head, true);
  const timings = { queueMs: 0.2, prefillMs: 31.7, decodeMs: 4012.3, promptTokens: 412, cachedTokens: 0 };
  const closing = encoder.closing('stop', { ...timings, outputTokens: tokens, reasoningTokens: 0 });
  return [
    encoder.opening(),
    ...texts.map((text) => encoder.parts([{ type: 'content', text }])),
    ...eventsIn(closing, '\n\n'),
  ];
}

/** Field order and names of llama-server b9554. */
function llamaServer(texts: readonly string[]): string[] {
  const rest = {
    created: 1_781_492_230,
    id: 'chatcmpl-qC6laQHbZ2CmxNvJ4NoB1L93LcVF7nfe',
    model: 'gemma-4-31B-it-UD-Q6_K_XL.gguf',
    system_fingerprint: 'b9554-d403f00ec',
    object: 'chat.completion.chunk',
  };
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    sseData(JSON.stringify({ choices: [{ finish_reason, index: 0, delta }], ...rest }));
  const timings = {
    cache_n: 0,
    prompt_n: 412,
    prompt_ms: 251.51,
    prompt_per_token_ms: 0.61,
    prompt_per_second: 1638.1058407220389,
    predicted_n: tokens,
    predicted_ms: 2911.404,
    predicted_per_token_ms: 14.557,
    predicted_per_second: 68.69547296833139,
  };
  const usage = { completion_tokens: tokens, prompt_tokens: 412, total_tokens: 412 + tokens };
  return [
    chunk({ role: 'assistant', content: null }),
    ...texts.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    sseData(JSON.stringify({ choices: [], ...rest, usage, timings })),
    sseDone,
  ];
}

/** Field order and names of vLLM. With `top` alternatives for each token, events have some kilobytes. */
function vllm(texts: readonly string[], top = 0): string[] {
  const head = {
    id: 'chatcmpl-95f70ae00614b063',
    object: 'chat.completion.chunk',
    created: 1_782_114_956,
    model: 'meta-llama/Llama-3.1-8B-Instruct',
  };
  const probability = (token: string, rank: number): object => ({
    token,
    logprob: -0.123_456_789 - rank,
    bytes: [...Buffer.from(token)],
  });
  const chunk = (content: string, rest: object = {}, finish_reason: string | null = null): string => {
    const top_logprobs = Array.from({ length: top }, (_, rank) => probability(content, rank));
    const logprobs = top === 0 ? null : { content: [{ ...probability(content, 0), top_logprobs }] };
    const choice = { index: 0, delta: { content, ...rest }, logprobs, finish_reason, token_ids: null };
    return sseData(JSON.stringify({ ...head, choices: [choice] }));
  };
  const usage = { prompt_tokens: 412, total_tokens: 412 + tokens, completion_tokens: tokens };
  return [
    chunk('', { role: 'assistant' }),
    ...texts.map((text) => chunk(text)),
    chunk('', {}, 'stop'),
    sseData(JSON.stringify({ ...head, choices: [], usage: { ...usage, prompt_tokens_details: null } })),
    sseDone,
  ];
}

/** Servers that use sse-starlette, such as llama-cpp-python, end lines with CR and LF. */
function withReturns(events: readonly string[]): string[] {
  return events.map((event) => event.replaceAll('\n', '\r\n'));
}

function eventsIn(text: string, end: string): string[] {
  return text
    .split(end)
    .slice(0, -1)
    .map((event) => event + end);
}

function recorded(name: string, events: readonly string[]): RecordedAnswer {
  return { name, events: events.map((event) => Buffer.from(event)) };
}

export const recordedAnswers: readonly RecordedAnswer[] = [
  recorded('chatstream', chatstream(textOf(english))),
  recorded('llama-server', llamaServer(textOf(english))),
  recorded('vLLM', vllm(textOf(english))),
  recorded('vLLM, Japanese', vllm(textOf(japanese))),
  recorded('vLLM, 20 log-probabilities', vllm(textOf(english), 20)),
  recorded('lines that end in CR LF', withReturns(vllm(textOf(english)))),
];

/** In two pieces, in the middle; within a character of several bytes if the event has one. */
function halves(event: Buffer): Buffer[] {
  const inCharacter = event.findIndex((byte) => (byte & 0b1100_0000) === 0b1000_0000);
  const middle = inCharacter === -1 ? Math.floor(event.length / 2) : inCharacter;
  return [event.subarray(0, middle), event.subarray(middle)];
}

function inPiecesOf(size: number, bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, piece) =>
    bytes.subarray(piece * size, (piece + 1) * size),
  );
}

export const deliveries: readonly Delivery[] = [
  { name: 'one event', cut: (events) => [...events] },
  { name: 'half an event', cut: (events) => events.flatMap(halves) },
  {
    name: '8 events',
    cut: (events) =>
      events.flatMap((_, index) => (index % 8 === 0 ? [Buffer.concat(events.slice(index, index + 8))] : [])),
  },
  // What an Ethernet frame has room for, whatever it cuts in two.
  { name: '1448 bytes', cut: (events) => inPiecesOf(1448, Buffer.concat(events)) },
];
