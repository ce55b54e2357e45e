import { executorHeader } from '../../../base/executor-header.js';
import { items, member } from '../../../base/json.js';
import { codingOf, type SingleHeaders } from './answer-headers.js';
import { noUsage, type Usage, usageOf } from './answer-watch.js';
import { codeOf, type Failure, isRefusalForAll, noCredit, restMs, type WholeAnswer } from './failure.js';
import { plainBody } from './plain-body.js';
import { type ReportedError, reportedErrorIn } from './reported-error.js';
import { answerNames, writtenTokens } from './written-tokens.js';

const passedOn = ['content-type', 'retry-after'] as const;

/** With a body that is still compressed, if it is. */
const withCoding = [...passedOn, 'content-encoding'] as const;

/** What an answer that came as one body means for the request: it is passed on, or the upstream has failed. */
export type ReadAnswer =
  | { readonly type: 'whole'; readonly answer: WholeAnswer; readonly usage: Usage }
  /** Its status says that all is well, but it has an error instead of an answer. */
  | { readonly type: 'reported'; readonly error: ReportedError }
  | { readonly type: 'failed'; readonly failure: Failure };

/**
 * @param status that of HTTP; a redirection is none of them
 * @param sent the body as it came, perhaps compressed
 */
export function readWhole(status: number, all: SingleHeaders, sent: Buffer): ReadAnswer {
  const plain = plainBody(sent, codingOf(all));
  const body = plain ?? sent;
  const headers: Record<string, string> = {};
  for (const name of plain === null ? withCoding : passedOn) {
    const value = all[name];
    if (value !== undefined) headers[name] = value;
  }
  const answer = { status, headers, body };
  const reason = `it answers ${status}`;
  if (status === 401 || status === 403) {
    return failed({ type: 'forbidden', reason: `it refuses the key (${status})` });
  }
  if (status === 402) return failed({ type: 'forbidden', reason: noCredit });
  if (status === 503 && codeOf(parsed(body)) === 'queue_timeout') {
    return failed({ type: 'timed_out', reason: 'the request waited there for too long', answer });
  }
  if (status === 429 || status === 503) {
    const isForAll = isRefusalForAll(parsed(body), executorHeader in all);
    return failed({ type: 'busy', reason, restMs: restMs(headers['retry-after']), isForAll, answer });
  }
  if (status >= 500 || status === 408) return failed({ type: 'error', reason, answer });
  if (status !== 200) return { type: 'whole', answer, usage: noUsage };
  const data = parsed(body);
  if (data === undefined) return failed({ type: 'broken', reason: 'its answer is not JSON' });
  const error = hasAnswer(data) ? null : reportedErrorIn(data);
  return error === null ? { type: 'whole', answer, usage: countedUsage(data) } : { type: 'reported', error };
}

/** What the upstream says, and else how many tokens the text probably has. */
function countedUsage(data: unknown): Usage {
  const usage = usageOf(data);
  return usage.outputTokens === null ? { ...usage, outputTokens: writtenTokens(data) } : usage;
}

/** Whether there is something written, or vectors. */
function hasAnswer(data: unknown): boolean {
  return [...answerNames, 'data'].some((name) => items(member(data, name)).length > 0);
}

function failed(failure: Failure): ReadAnswer {
  return { type: 'failed', failure };
}

function parsed(body: Buffer): unknown {
  try {
    const data: unknown = JSON.parse(body.toString('utf8'));
    return data;
  } catch {
    return undefined;
  }
}
