import type { IncomingHttpHeaders } from 'node:http';
import { ChatstreamError } from '../../../base/errors.js';
import { amount, isRecord, member, nonEmpty } from '../../../base/json.js';
import { invalidJsonError } from '../../../base/refusals/refusals.js';
import { withMember, withoutMembers, withoutMembersOf } from '../../../relay/jobs/json-text.js';
import type { RelayRequest } from '../../../relay/jobs/relay-request.js';
import { lowerOf, type TrafficClass, trafficClasses, usualClass } from '../../../scheduler/jobs/traffic-class.js';

/** Headers of clients that are passed on to upstreams. Keys are not among them, because an upstream has its own key. */
const passedHeaders = [
  ...['accept', 'user-agent', 'x-request-id', 'traceparent', 'tracestate', 'idempotency-key'],
  ...['anthropic-version', 'anthropic-beta', 'openai-organization', 'openai-project', 'openai-beta'],
] as const;

/** Bytes of a body for one token of its prompt, roughly. Only fairness depends on it, until the upstream has counted. */
const bytesPerToken = 4;

/** What this server needs to know about a body that it passes on. */
export interface RelayedBodyFacts extends Pick<
  RelayRequest,
  'model' | 'body' | 'bodyFor' | 'headers' | 'places' | 'choices' | 'promptTokens' | 'maxTokens' | 'minTokens'
> {
  readonly isStream: boolean;
  readonly includeQueue: boolean;
  /** Milliseconds after its arrival; undefined if it can wait. */
  readonly deadlineMs: number | undefined;
  /** The class that the request asks for; null if it leaves that to its key. */
  readonly trafficClass: TrafficClass | null;
}

/** @throws ChatstreamError `invalid_request` for a body that is not an object of JSON */
export function readRelayed(text: string, headers: IncomingHttpHeaders, defaultMaxTokens: number): RelayedBodyFacts {
  const value = parse(text);
  const options = member(value, 'stream_options');
  const includeQueue = member(options, 'include_queue') === true;
  const wanted = trafficClasses.find((each) => each === member(value, 'priority'));
  const deadlineMs = deadlineOf(value);
  const body = withoutOurs(text, value, [
    ...(wanted === undefined ? [] : ['priority']),
    ...('deadline_ms' in value ? ['deadline_ms'] : []),
  ]);
  const isFlexible = member(value, 'service_tier') === 'flex';
  return {
    model: nonEmpty(member(value, 'model')),
    body,
    bodyFor: (model) => withMember(body, 'model', model),
    headers: headersOf(headers),
    isStream: member(value, 'stream') === true,
    includeQueue,
    deadlineMs,
    trafficClass: isFlexible ? lowerOf(wanted ?? usualClass, 'batch') : (wanted ?? null),
    ...answersOf(value),
    promptTokens: Math.ceil(text.length / bytesPerToken),
    ...lengthsOf(value, defaultMaxTokens),
  };
}

function parse(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidJsonError(error);
  }
  if (!isRecord(value) || Array.isArray(value)) throw unreadableError('its body is not an object');
  return value;
}

/** Parameters that only this server understands are not passed on, because some servers refuse unknown ones. */
function withoutOurs(text: string, value: object, ours: readonly string[]): string {
  const options = member(value, 'stream_options');
  const isQueueAsked = isRecord(options) && 'include_queue' in options;
  const rest = ours.length === 0 ? text : withoutMembers(text, ours);
  return isQueueAsked ? withoutMembersOf(rest, 'stream_options', ['include_queue']) : rest;
}

/** @throws ChatstreamError `invalid_request` */
function deadlineOf(value: object): number | undefined {
  const deadlineMs = member(value, 'deadline_ms');
  if (deadlineMs === undefined || deadlineMs === null) return undefined;
  if (typeof deadlineMs === 'number' && Number.isInteger(deadlineMs) && deadlineMs >= 1 && deadlineMs < 2 ** 31) {
    return deadlineMs;
  }
  throw new ChatstreamError('invalid_request', 'deadline_ms must be a whole number of milliseconds, at least 1.', {
    param: 'deadline_ms',
  });
}

function headersOf(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const passed: Record<string, string> = { 'content-type': 'application/json' };
  for (const name of passedHeaders) {
    const value = headers[name];
    if (typeof value === 'string') passed[name] = value;
  }
  return passed;
}

/**
 * No answer is longer than so many tokens. A client that states more would make all who wait behind it expect to wait for
 * years, and their deadlines would refuse them.
 */
const longestAnswer = 1_000_000;

/** `ignore_eos` without a limit leaves the length to the upstream. */
function lengthsOf(value: object, defaultMaxTokens: number): Required<Pick<RelayRequest, 'maxTokens' | 'minTokens'>> {
  const most = mostTokens(value);
  const maxTokens = most ?? defaultMaxTokens;
  const isExact = most !== null && member(value, 'ignore_eos') === true && !endsEarly(value);
  const least = isExact ? most : (amount(member(value, 'min_tokens')) ?? 0);
  return { maxTokens, minTokens: isFormatted(value) ? 0 : Math.min(Math.floor(least), maxTokens) };
}

function endsEarly(value: object): boolean {
  return ['stop', 'stop_token_ids'].some((name) => {
    const ends = member(value, name) ?? [];
    return !Array.isArray(ends) || ends.length > 0;
  });
}

/** A JSON object ends when it is complete, and so does a tool call. */
function isFormatted(value: object): boolean {
  const type = member(member(value, 'response_format'), 'type') ?? 'text';
  return type !== 'text' || ['tools', 'functions'].some((name) => isRecord(member(value, name)));
}

/** From `n_predict` on, they are names of llama-server, text-generation-inference and Ollama, and chatstream's as well. */
const limitNames = [
  'max_completion_tokens',
  'max_tokens',
  'max_output_tokens',
  'n_predict',
  'max_new_tokens',
  'num_predict',
];

/**
 * The limit that a request sets, from 1 to {@link longestAnswer}; null if it sets none. With 0, only the prompt is read, which counts as one
 * token in the line. A negative limit means as many as fit.
 */
function mostTokens(value: object): number | null {
  for (const name of limitNames) {
    const tokens = amount(member(value, name));
    if (tokens !== null) return Math.min(Math.max(1, tokens), longestAnswer);
  }
  return null;
}

/** The answers to generate: for each prompt, the choices among which the best are chosen. */
function answersOf(value: object): Required<Pick<RelayRequest, 'places' | 'choices'>> {
  const [n, bestOf] = [countOf(member(value, 'n')), countOf(member(value, 'best_of'))];
  const ofEach = Math.max(n, bestOf);
  const prompt = member(value, 'prompt');
  // A list of numbers is the tokens of one prompt.
  const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1;
  return { places: ofEach * prompts, choices: { ofEach, param: bestOf > n ? 'best_of' : 'n' } };
}

function countOf(value: unknown): number {
  const count = amount(value) ?? 1;
  return Number.isSafeInteger(count) ? Math.max(1, count) : 1;
}

function unreadableError(reason: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `The request could not be read: ${reason}.`, {
    hint: 'Send one JSON object.',
  });
}
