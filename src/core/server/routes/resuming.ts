import type { FastifyReply } from 'fastify';
import { resumeHeader, wantsTokenRecords } from '../../base/token-records.js';
import { type AnswerName, answerName, begunName, refuseResumption } from '../protocol/resumption.js';
import type { ResumeParameter } from '../schemas/completion-requests.js';
import type { Resumable } from '../streaming/streamed-answer.js';

/** An answer, as far as servers can go on with answers of each other. */
export interface ResumableAnswer {
  /** Its own, or that of an answer that another server has begun. */
  readonly name: AnswerName;
  /** Null for a stream without records of its tokens, and for an answer that is not streamed. */
  readonly resumable: Resumable | null;
}

/**
 * Finds out whether a client wants a stream that another server can go on with, and tells it how the answer is called.
 *
 * @param own what this server would call it
 * @param resume what another server has begun; null for nothing
 * @param isPossible whether the tokens of this answer can be told
 * @throws ChatstreamError `invalid_request` if the answer cannot be resumed here
 */
export function resumableAnswer(
  own: AnswerName,
  resume: ResumeParameter | null,
  isPossible: boolean,
  reply: FastifyReply,
): ResumableAnswer {
  const isResumable = isPossible && reply.request.headers[resumeHeader] === wantsTokenRecords;
  if (resume !== null && !isResumable) refuseResumption();
  const name = resume === null ? own : begunName(own, resume);
  if (isResumable) reply.header(resumeHeader, answerName(name));
  return { name, resumable: isResumable ? { isResumed: resume !== null } : null };
}
