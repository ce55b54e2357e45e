import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { type LoadJob, partOf } from '../../../../src/core/bench/load/job/load-job.js';
import { mergedGroups } from '../../../../src/core/bench/record/counters/groups.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';
import { parseThinkTime } from '../../../../src/core/measurement/workload/think-time.js';
import { parseAs } from '../../../support/parse-as.js';
import type { TokenServer } from '../../../support/token-server.js';
import { jobOf, measure, shortRequests, tokenServers } from './measured-load.js';

const startServer = tokenServers();

function serve(prefillMs = 2): Promise<TokenServer> {
  return startServer(() => ({ prefillMs, tokenMs: 1, tokens: 3 }));
}

const body = Type.Object({ messages: Type.Array(Type.Object({ role: Type.String(), content: Type.String() })) });

/** The messages of each request, in the order of their arrival. */
function messagesTo(server: TokenServer): readonly (readonly { readonly role: string; readonly content: string }[])[] {
  return server.bodies.map((text) => parseAs(body, JSON.parse(text)).messages);
}

/** Of one client and two conversations of three turns. */
function jobFor(server: TokenServer, changes: Partial<LoadJob> = {}, thinkTime = '0'): LoadJob {
  return jobOf(server, {
    workload: {
      ...shortRequests,
      inputTokens: parseLengths('4-12'),
      outputTokens: parseLengths('2-9'),
      shape: { turns: parseLengths('3'), thinkTime: parseThinkTime(thinkTime), live: true },
    },
    shape: { type: 'closed', clients: 1 },
    requests: 6,
    ...changes,
  });
}

describe('a conversation', () => {
  it("sends with each turn what was said before, with the server's own answers", async () => {
    const server = await serve();
    await measure(jobFor(server));
    const [first = [], second = [], third = [], next = []] = messagesTo(server);
    const answer = { role: 'assistant', content: 'xxx' };
    expect(first).toHaveLength(1);
    expect(second.slice(0, 2)).toEqual([...first, answer]);
    expect(third.slice(0, 4)).toEqual([...second, answer]);
    expect(third.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user']);
    expect(next).toHaveLength(1);
    expect(next[0]?.content).not.toBe(first[0]?.content);
  });

  it('has the same messages and lengths again with the same seed', async () => {
    const server = await serve();
    await measure(jobFor(server));
    await measure(jobFor(server));
    expect(server.bodies.slice(6)).toEqual(server.bodies.slice(0, 6));
    expect(new Set(server.bodies.slice(0, 6)).size).toBe(6);
  });

  it('is counted by turn', async () => {
    const server = await serve();
    const { groups } = await measure(jobFor(server));
    const counts = [...mergedGroups([groups])].map(([name, { completed, outputTokens }]) => [name, completed, outputTokens]); // prettier-ignore
    expect(counts).toEqual([
      ['turn 1', 2, 6],
      ['turn 2', 2, 6],
      ['turn 3', 2, 6],
    ]);
  });

  it('pauses between an answer and the next message, and does not count the pause as latency', async () => {
    const server = await serve();
    const part = await measure(jobFor(server, { requests: 4 }, '150ms'));
    const { lastEndUs, beginUs } = part.span ?? { lastEndUs: 0, beginUs: 0 };
    // Three pauses; the client's first message is sent at once.
    expect(lastEndUs - beginUs).toBeGreaterThan(3 * 149_000);
    // Requests in flight are counted every 10 ms, so that each may seem longer than it was.
    expect(part.inFlightUs).toBeLessThan(lastEndUs - beginUs - 2 * 149_000);
  });

  it('goes on in its own time in an open loop, in which arrivals begin conversations', async () => {
    const server = await serve();
    const shape: LoadJob['shape'] = { type: 'open', rate: 30, arrival: 'constant', seed: 1, turnsEach: 3 };
    const part = await measure(jobFor(server, { shape, requests: null, durationMs: 900 }));
    const lengths = messagesTo(server).map(({ length }) => length);
    // 10 conversations per second: 9 or 10 in 0.9 s. The last ones end before their last turn.
    expect(lengths.filter((length) => length === 1).length).toBeGreaterThanOrEqual(9);
    expect(lengths.filter((length) => length === 1).length).toBeLessThanOrEqual(10);
    expect(lengths).toContain(5);
    expect(part.completed).toBe(lengths.length);
  });

  it('waits for room turn by turn if few requests may be in flight', async () => {
    // A conversation begins every 50 ms, and takes over 100 ms by itself.
    const server = await serve(35);
    const shape: LoadJob['shape'] = { type: 'open', rate: 60, arrival: 'constant', seed: 1, turnsEach: 3, maxInFlight: 1 }; // prettier-ignore
    const part = await measure(jobFor(server, { shape, requests: 12 }));
    expect(server.mostInFlight).toBe(1);
    expect(part.completed).toBe(12);
    expect(part.heldBack.requests).toBeGreaterThan(6);
    const lengths = messagesTo(server).map(({ length }) => length);
    // Several have begun before the first of them ends.
    expect(lengths.lastIndexOf(1)).toBeGreaterThan(lengths.indexOf(3));
    expect(lengths).toContain(3);
  });

  it('ends when its client leaves', async () => {
    const server = await startServer((request) => ({ prefillMs: request % 3 === 2 ? 5000 : 1, tokenMs: 1, tokens: 2 })); // prettier-ignore
    const part = await measure(jobFor(server, { requests: 9, leaving: { share: 0.999, afterMs: 400, seed: 1 } }));
    expect(part.leavers).toMatchObject({ requests: 9, left: 3, answered: 6 });
    expect(messagesTo(server).map(({ length }) => length)).toEqual([1, 3, 5, 1, 3, 5, 1, 3, 5]);
  });

  it('has its part of the requests in each of several workers', async () => {
    const shape: LoadJob['shape'] = { type: 'open', rate: 300, arrival: 'constant', seed: 1, turnsEach: 3 };
    const server = await serve();
    const parts = await Promise.all([0, 1].map((worker) => measure(partOf(jobFor(server, { shape, requests: 9 }), worker, 2)))); // prettier-ignore
    expect(parts.map(({ completed }) => completed)).toEqual([5, 4]);
  });
});

describe('a think time', () => {
  it('is never shorter than planned, although timers may be early: no client waits for a negative time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chatstream-think-time-'));
    const samplesPath = join(folder, 'samples.jsonl');
    try {
      await measure(jobFor(await serve(), { requests: 30, samplesPath }, '4.4ms'));
      const sample = Type.Object({ intended_us: Type.Number(), send_us: Type.Number() });
      const lines = readFileSync(samplesPath, 'utf8').trim().split('\n');
      const early = lines
        .map((line) => parseAs(sample, JSON.parse(line)))
        .filter(({ intended_us: intendedUs, send_us: sendUs }) => sendUs < intendedUs);
      expect(lines).toHaveLength(30);
      expect(early).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
