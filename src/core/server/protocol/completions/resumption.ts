import { ChatstreamError } from '../../../base/errors.js';
import { items } from '../../../base/json.js';
import { resumeHeader } from '../../../base/token-records.js';
import type { EngineInfo, Token } from '../../../engine/engine.js';
import type { InferenceRequest } from '../../../inference/request.js';
import type { ResumeParameter } from '../../schemas/completions/completion-requests.js';
import type { AnswerHead } from './completion-head.js';

/** Properties that must be the same throughout a stream, wherever it is generated. */
export type AnswerName = Pick<AnswerHead, 'id' | 'created' | 'model' | 'fingerprint'>;

/** Names an answer for the server that continues it, in characters that a header may contain. */
export function answerName({ id, created, model, fingerprint }: AnswerName): string {
  return Buffer.from(JSON.stringify([id, created, model, fingerprint])).toString('base64url');
}

/**
 * The name of an answer that another server has begun. It contains nothing that a client could not make up: a client
 * that lies gets its own answer under another name.
 *
 * @throws ChatstreamError `invalid_request` if it names nothing
 */
export function begunName({ answer }: ResumeParameter): AnswerName {
  const begun = readName(answer);
  if (begun === null) throw unnamedError();
  return begun;
}

/**
 * The numbers of tokens only mean something to the same model.
 *
 * @param own the fingerprint of this server's answers
 * @throws ChatstreamError `invalid_request` if an answer that has been begun cannot be continued here
 */
export function assertSameModel(begun: AnswerName, own: string): void {
  if (begun.fingerprint === own) return;
  throw refused('The answer to resume was begun by another model or another version.', 'resume.answer');
}

/**
 * A request that continues an answer that another server has begun.
 *
 * @param info null before the model is loaded: the length of its context is then checked later
 * @throws ChatstreamError `invalid_request` if that leaves no room. The engine checks whether the vocabulary has the
 *   tokens
 */
export function goingOn(
  request: InferenceRequest,
  { tokens }: { readonly tokens: readonly Token[] },
  info: Pick<EngineInfo, 'contextLength'> | null,
): InferenceRequest {
  const assertRoom = (most: number): void => {
    if (tokens.length >= most) throw refused(`"resume.tokens" has ${tokens.length} tokens, which leaves no room.`);
  };
  assertRoom(Math.min(request.maxTokens, info?.contextLength ?? Infinity));
  if (info !== null) return { ...request, resumeAfter: tokens };
  const assertModel = (loaded: EngineInfo): void => {
    request.assertModel?.(loaded);
    assertRoom(loaded.contextLength);
  };
  return { ...request, resumeAfter: tokens, assertModel };
}

/** @throws ChatstreamError `invalid_request` */
export function refuseResumption(): never {
  throw new ChatstreamError('invalid_request', '"resume" is not possible for this request.', {
    param: 'resume',
    hint: `It takes the header ${resumeHeader}, "stream": true and no probabilities in a response.`,
  });
}

function readName(text: string): AnswerName | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [id, created, model, fingerprint] = items(value);
    const areTexts = typeof id === 'string' && typeof model === 'string' && typeof fingerprint === 'string';
    return areTexts && typeof created === 'number' ? { id, created, model, fingerprint } : null;
  } catch {
    // Text that is not JSON is not a name.
    return null;
  }
}

/** The answer to resume is not one of this protocol, or not an answer at all. */
export function unnamedError(): ChatstreamError {
  return refused('"resume.answer" does not name an answer.', 'resume.answer');
}

function refused(message: string, param = 'resume.tokens'): ChatstreamError {
  return new ChatstreamError('invalid_request', message, { param, hint: 'Send the request without "resume".' });
}
