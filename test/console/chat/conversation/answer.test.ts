import { describe, expect, it } from 'vitest';
import {
  type Answer,
  answerAfter,
  type AnswerEvent,
  newAnswer,
  textOf,
} from '../../../../console/src/chat/conversation/answer.js';
import { eventOfComment, eventOfData } from '../../../../console/src/chat/conversation/stream.js';

const id = 'chatcmpl-1';

function chunk(delta: object, more: object = {}): string {
  return JSON.stringify({ id, model: 'mock', choices: [{ index: 0, delta, finish_reason: null, ...more }] });
}

const sentTimings = {
  queue_ms: 5,
  prefill_ms: 20,
  decode_ms: 30,
  prompt_tokens: 8,
  cached_tokens: 2,
  output_tokens: 4,
};
const timings = JSON.stringify({ id, choices: [], timings: sentTimings });

/** The answer after this stream; each line comes 10 ms after the one before. */
function answerOf(...lines: readonly string[]): Answer {
  const events = lines.flatMap((line): readonly AnswerEvent[] => {
    const event = line.startsWith(':') ? eventOfComment(line.slice(1)) : eventOfData(line);
    return event === null ? [] : [event];
  });
  return events.reduce((answer, event, index) => answerAfter(answer, event, 10 * (index + 1)), newAnswer(null, 0));
}

describe('an answer that comes as a stream', () => {
  it('has its place and estimate while it waits', () => {
    const waiting = answerOf(': queued position=3 eta_ms=1621');
    expect(waiting.state).toEqual({ status: 'waiting', position: 3, etaMs: 1621 });
    expect(answerOf(': queued position=2').state).toEqual({ status: 'waiting', position: 2, etaMs: null });
  });

  it('is being prefilled from the end of its wait to its first text', () => {
    const begun = answerOf(': queued position=1', chunk({ role: 'assistant', content: '' }));
    expect(begun.state).toEqual({ status: 'prefilling' });
    expect(answerOf(': queued position=1', ': prefill elapsed_ms=10000').state).toEqual({ status: 'prefilling' });
    expect(begun.firstAtMs).toBeNull();
  });

  it('collects thoughts, text and calls in their order', () => {
    const call = (index: number, more: object): string => chunk({ tool_calls: [{ index, ...more }] });
    const answer = answerOf(
      chunk({ reasoning_content: 'Hm' }),
      chunk({ reasoning_content: 'm.' }),
      chunk({ content: 'I ' }),
      chunk({ content: 'look.' }),
      call(0, { id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }),
      call(0, { function: { arguments: '{"city":' } }),
      call(1, { id: 'b', type: 'function', function: { name: 'time', arguments: '{}' } }),
      call(0, { function: { arguments: '"Oslo"}' } }),
    );
    expect(answer.parts).toEqual([
      { type: 'reasoning', text: 'Hmm.' },
      { type: 'text', text: 'I look.' },
      { type: 'call', id: 'a', name: 'weather', arguments: '{"city":"Oslo"}' },
      { type: 'call', id: 'b', name: 'time', arguments: '{}' },
    ]);
    expect(textOf(answer)).toBe('I look.');
    expect(answer).toMatchObject({ responseId: id, model: 'mock', firstAtMs: 10, lastAtMs: 80, pieces: 8 });
  });

  it('keeps its end when the timings come after it', () => {
    const answer = answerOf(chunk({ content: '1' }), chunk({}, { finish_reason: 'length' }), timings, '[DONE]');
    expect(answer.state).toEqual({ status: 'ended', reason: 'length' });
    expect(answer.timings).toMatchObject({ queueMs: 5, prefillMs: 20, cachedTokens: 2 });
  });

  it('fails with the words of the server, and keeps what came before', () => {
    const error = JSON.stringify({ error: { message: 'Too long.', type: 'x', param: null, code: 'queue_timeout' } });
    const answer = answerOf(chunk({ content: 'So far' }), error, '[DONE]');
    expect(answer.state).toEqual({ status: 'failed', code: 'queue_timeout', message: 'Too long.' });
    expect(textOf(answer)).toBe('So far');
  });

  it('does not mind comments that say nothing', () => {
    expect(['generating', '', 'queued', 'queued position=x'].map(eventOfComment)).toEqual([null, null, null, null]);
  });
});
