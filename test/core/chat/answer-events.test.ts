import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnswerEvent, answerEvents } from '../../../src/core/chat/answer-events.js';

const chunk = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const stream = [
  ': queued position=2 eta_ms=1200\n\n: queued position=1\n\n: keep-alive\n\n',
  chunk({ choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
  chunk({ choices: [{ delta: { reasoning_content: 'Hm. 🤔' }, finish_reason: null }] }),
  chunk({ choices: [{ delta: { content: 'Héllo' }, finish_reason: null }] }),
  chunk({ choices: [{ delta: {}, finish_reason: 'length' }] }),
  chunk({ choices: [], usage: { completion_tokens: 7 }, timings: { queue_ms: 12.5 } }),
  'data: [DONE]\n\n',
].join('');

async function eventsOf(...pieces: readonly string[]): Promise<readonly AnswerEvent[]> {
  async function* come(): AsyncGenerator<string> {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }
  const events: AnswerEvent[] = [];
  for await (const event of answerEvents(come())) events.push(event);
  return events;
}

const whole: readonly AnswerEvent[] = [
  { type: 'queued', position: 2, etaMs: 1200 },
  { type: 'queued', position: 1, etaMs: null },
  { type: 'thought', text: 'Hm. 🤔' },
  { type: 'text', text: 'Héllo' },
  { type: 'finished', reason: 'length' },
  { type: 'counted', outputTokens: 7, queueMs: 12.5 },
];

describe('the stream of an answer', () => {
  it('is read the same wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 8 }), async (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        const pieces = ends.map((end, index) => stream.slice(index === 0 ? 0 : ends[index - 1], end));
        expect(await eventsOf(...pieces)).toEqual(whole);
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });

  it("reports the server's error in its own words", async () => {
    const failing = chunk({ error: { message: 'The engine has failed.', code: 'engine_failed' } });
    await expect(eventsOf(stream.slice(0, stream.indexOf('data:')), failing)).rejects.toMatchObject({
      code: 'target_unreachable',
      message: 'The engine has failed.',
    });
  });

  it('that ends before the answer does is an error', async () => {
    await expect(eventsOf(stream.slice(0, stream.indexOf('"length"')))).rejects.toThrow(/closed the connection/);
  });

  it('of another server may do without usage and an end mark', async () => {
    const events = await eventsOf(chunk({ choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }] }));
    expect(events).toEqual([
      { type: 'text', text: 'Hi' },
      { type: 'finished', reason: 'stop' },
    ]);
  });
});
