import { ApiError, callEvents } from '../../api/client.js';
import { type Answer, answerAfter, type AnswerEvent, type AnswerState, isOpen } from '../conversation/answer.js';
import { type Conversation, pathTo } from '../conversation/conversation.js';
import { requestBody } from '../conversation/request.js';
import { responseBody } from '../conversation/response-request.js';
import { responseReader } from '../conversation/response-stream.js';
import { eventOfComment, eventOfData } from '../conversation/stream.js';

/** Codes of failures that the server knows nothing of. */
export const unreachable = 'unreachable';
export const brokenOff = 'broken_off';

/** How an answer is asked for, and how what comes is read. */
interface Question {
  readonly path: string;
  readonly body: object;
  readonly read: (data: string) => AnswerEvent | null;
}

/** Asks for the answer to a turn: as one of a chat, or as a response that the server keeps. */
export function questionFor({ settings, turns }: Conversation, parent: string | null): Question {
  const path = pathTo({ turns }, parent);
  return settings.onServer
    ? { path: 'v1/responses', body: responseBody(settings, path), read: responseReader() }
    : { path: 'v1/chat/completions', body: requestBody(settings, path), read: eventOfData };
}

/**
 * Asks the server for an answer, and gives what has come of it each time there is more. The last one has ended, failed
 * or been stopped; nothing is thrown.
 */
export async function* answers(
  first: Answer,
  { path, body, read }: Question,
  { signal }: AbortController,
): AsyncGenerator<Answer, void, undefined> {
  let answer = first;
  try {
    const options = { method: 'POST', body, signal, comments: true } as const;
    for await (const { event, data } of callEvents(path, options)) {
      const next = event === 'comment' ? eventOfComment(data) : read(data);
      if (next !== null) yield (answer = answerAfter(answer, next, Date.now()));
    }
    if (isOpen(answer)) yield { ...answer, state: { status: 'failed', code: brokenOff, message: '' } };
  } catch (error) {
    yield { ...answer, state: signal.aborted ? { status: 'stopped' } : failure(answer, error) };
  }
}

function failure({ firstAtMs }: Answer, error: unknown): AnswerState {
  if (error instanceof ApiError) return { status: 'failed', code: error.code, message: error.message };
  // What fetch throws without a connection differs from browser to browser, but it is always a TypeError.
  if (error instanceof TypeError) {
    return { status: 'failed', code: firstAtMs === null ? unreachable : brokenOff, message: '' };
  }
  return { status: 'failed', code: 'unknown', message: error instanceof Error ? error.message : String(error) };
}
