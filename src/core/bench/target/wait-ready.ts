import { setTimeout as delay } from 'node:timers/promises';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import { isRecord } from '../../base/json.js';
import { microsNow } from '../../base/micros.js';
import { formatDuration } from '../../base/units.js';
import type { RequestOutcome } from '../client/outcome.js';
import type { StreamingClient } from '../client/streaming-client.js';
import type { Trust } from '../client/transport.js';
import type { BenchOptions } from '../plan/options.js';
import { serverAddressOf } from '../plan/server-address.js';
import { type BodyOptions, requestBody } from '../workload/request-body.js';
import { defaultPatienceMs, httpOf, jsonOf } from './http.js';

/** The first pause between two attempts; each is twice as long as the last, up to the longest. */
const firstPauseMs = 100;
const longestPauseMs = 1000;

/** If the deadline cuts off an attempt earlier than this, the attempt tells nothing about the server. */
const tellingMs = 500;

/** A time by which something must have succeeded. */
export interface Deadline {
  readonly waitMs: number;
  /** On the clock of micros.ts. */
  readonly atUs: number;
}

export function deadlineIn(waitMs: number): Deadline {
  return { waitMs, atUs: microsNow() + waitMs * 1000 };
}

/**
 * Waits until something listens at the URL and lists a model. An error that will not change by waiting, such as a wrong
 * key, ends the wait, and the next request explains it.
 *
 * @throws ChatstreamError `target_unreachable` when the time is over, the signal's reason when it is aborted
 */
export async function waitUntilListening(
  url: string,
  { headers, modelName }: Pick<BenchOptions, 'headers' | 'modelName'>,
  trust: Trust,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<void> {
  const { baseUrl, httpUrl, socketPath, apiPaths, model, query } = serverAddressOf(url);
  const transport = { socketPath, trust };
  const path = `${apiPaths[0] ?? ''}/models`;
  await retried(baseUrl, deadline, signal, async (leftMs) => {
    const patienceMs = Math.min(defaultPatienceMs, leftMs);
    const http = httpOf(httpUrl, headers, { query, transport, patienceMs, name: baseUrl });
    try {
      const answer = await http.get(path);
      if (isPassing(answer.status)) return `it answers ${path} with HTTP ${answer.status}`;
      const isNamed = modelName !== null || model !== null;
      return !isNamed && isEmptyList(jsonOf(answer)) ? 'it lists no model yet' : null;
    } catch (error) {
      return messageOf(error)
        .replace(/^\S+ cannot be reached\. /, '')
        .replace(/\.$/, '');
    }
  });
}

/**
 * Waits until the server answers a request of one token. A server may listen for minutes before its model is loaded.
 *
 * @throws ChatstreamError as {@link waitUntilListening}
 */
export async function waitUntilAnswering(
  client: StreamingClient,
  body: BodyOptions,
  baseUrl: string,
  deadline: Deadline,
  signal: AbortSignal,
): Promise<void> {
  const text = requestBody({ messages: [{ role: 'user', content: 'Hello' }], outputTokens: 1 }, body);
  await retried(baseUrl, deadline, signal, async () => {
    const outcome = await client.send(text, microsNow());
    return isNotReady(outcome) ? outcome.message.replace(/\.$/, '') : null;
  });
}

/** Whether the outcome may soon be a different one. */
function isNotReady(outcome: RequestOutcome): outcome is Exclude<RequestOutcome, { status: 'completed' }> {
  if (outcome.status === 'completed') return false;
  const { httpStatus } = outcome;
  return outcome.status === 'refused' || httpStatus === undefined || isPassing(httpStatus);
}

/** Statuses of a server that is starting, or of a proxy in front of one. */
function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function isEmptyList(list: unknown): boolean {
  return isRecord(list) && Array.isArray(list['data']) && list['data'].length === 0;
}

/**
 * Tries repeatedly. An attempt that is not over by the deadline has failed, even if it would be answered later.
 *
 * @param attempt gets the milliseconds that are left, and returns why it is too early, as a clause; null if it is not
 */
async function retried(
  baseUrl: string,
  { waitMs, atUs }: Deadline,
  signal: AbortSignal,
  attempt: (leftMs: number) => Promise<string | null>,
): Promise<void> {
  let problem: string | null = null;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    signal.throwIfAborted();
    const patienceMs = msUntil(atUs);
    const outcome = await withinMs(patienceMs, attempt);
    if (outcome === null) return;
    if (problem === null || outcome !== noAnswer || patienceMs >= tellingMs) problem = outcome;
    const leftMs = (atUs - microsNow()) / 1000;
    if (leftMs <= 0) {
      const message = `${baseUrl} was not ready within ${formatDuration(waitMs)}: ${sentence(problem)}`;
      throw new ChatstreamError('target_unreachable', message, {
        hint: 'Give it more time with --wait-ready, or see its log.',
      });
    }
    await delay(Math.min(pauseMs, leftMs));
  }
}

function msUntil(atUs: number): number {
  return Math.max(1, Math.ceil((atUs - microsNow()) / 1000));
}

const noAnswer = 'it did not answer until then';

/** The result of an attempt, if it arrives in time. */
async function withinMs(leftMs: number, attempt: (leftMs: number) => Promise<string | null>): Promise<string | null> {
  const over = new AbortController();
  const late = delay(leftMs, noAnswer, { signal: over.signal });
  try {
    return await Promise.race([attempt(leftMs), late]);
  } finally {
    over.abort();
    await late.catch(() => undefined);
  }
}

/** With a full stop at its end, unless it ends with a punctuation mark. */
function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
