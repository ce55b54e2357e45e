import type { FastifyReply } from 'fastify';
import { resumeHeader, wantsTokenRecords } from '../../base/token-records.js';
import type { EngineInfo } from '../../engine/engine.js';
import type { InferenceRequest } from '../../inference/request.js';
import {
  type AnswerName,
  answerName,
  assertSameModel,
  begunName,
  refuseResumption,
} from '../protocol/completions/resumption.js';
import type { Fingerprints } from '../protocol/fingerprint.js';
import type { ResumeParameter } from '../schemas/completions/completion-requests.js';
import type { Resumable } from '../streaming/streamed-answer.js';

/** An answer, as far as servers can continue with answers of each other. */
export interface ResumableAnswer {
  /** Its own, or that of an answer that another server has begun. */
  readonly name: AnswerName;
  /** Null for a stream without records of its tokens, and for an answer that is not streamed. */
  readonly resumable: Resumable | null;
  /** What its requests still have to assert: whether it can be resumed is not certain before the model is loaded. */
  readonly asserting: Pick<InferenceRequest, 'assertModel'>;
}

/** Which model answers. */
export interface AnsweringModel {
  /** Null before it is loaded. */
  readonly info: EngineInfo | null;
  readonly fingerprints: Fingerprints;
}

/**
 * Finds out whether a client wants a stream that another server can continue with, and tells it the name of the answer.
 *
 * @param own the name that this server would give it, without the fingerprint of its model
 * @param asked `resume`: what another server has begun, null for nothing; `isPossible`: whether the tokens of this answer
 *   can be told
 * @throws ChatstreamError `invalid_request` if the answer cannot be resumed here
 */
export function resumableAnswer(
  own: Omit<AnswerName, 'fingerprint'>,
  { info, fingerprints }: AnsweringModel,
  asked: { readonly resume: ResumeParameter | null; readonly isPossible: boolean },
  reply: FastifyReply,
): ResumableAnswer {
  const { resume, isPossible } = asked;
  const isResumable = isPossible && reply.request.headers[resumeHeader] === wantsTokenRecords;
  if (resume !== null && !isResumable) refuseResumption();
  const ownFingerprint = fingerprints.of(info);
  const name = resume === null ? { fingerprint: ownFingerprint, ...own } : begunName(resume);
  const isCertain = resume === null || info !== null;
  if (isCertain) assertSameModel(name, ownFingerprint);
  if (isResumable) reply.header(resumeHeader, answerName(name));
  const assertModel = (loaded: EngineInfo): void => {
    assertSameModel(name, fingerprints.of(loaded));
  };
  return {
    name,
    resumable: isResumable ? { isResumed: resume !== null } : null,
    asserting: isCertain ? {} : { assertModel },
  };
}
