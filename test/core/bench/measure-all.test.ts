import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { serveScript } from './target/routes.js';
import { measureAt, serveWords } from './words-server.js';

describe('trials that are added', () => {
  const growing = { requests: 2, trials: 6, leastTrials: 3 };

  it('end when the gate can decide, which is asked after each from the least number on', async () => {
    const [{ url }, { url: versus }] = [await serveWords(), await serveWords()];
    const asked: (readonly [number, number | undefined])[] = [];
    const { result } = await measureAt(
      { url, versus, ...growing },
      {
        isDecided: ({ runs, versus: baseline }) => {
          asked.push([runs.length, baseline?.runs.length]);
          return runs.length === 4;
        },
      },
    );
    expect(asked).toEqual([
      [3, 3],
      [4, 4],
    ]);
    expect(result.runs.map(({ trial }) => trial)).toEqual([1, 2, 3, 4]);
    expect(result).toMatchObject({ interrupted: false, plan: { trials: 6, trials_least: 3 } });
    expect(result).not.toHaveProperty('ended_early');
  });

  it('end at the most, which is not asked about', async () => {
    const { url } = await serveWords();
    let asked = 0;
    const isDecided = (): boolean => {
      asked += 1;
      return false;
    };
    const { result } = await measureAt({ url, ...growing }, { isDecided });
    expect([asked, result.runs.length, result.interrupted]).toEqual([3, 6, false]);
  });

  it('end when their time is over', async () => {
    const { url } = await serveWords(() => delay(20));
    const { result } = await measureAt({ url, requests: 4, trials: 1000, leastTrials: 3, maxDurationMs: 2000 });
    expect(result.runs.length).toBeGreaterThanOrEqual(3);
    expect(result.runs.length).toBeLessThan(100);
    expect(result.interrupted).toBe(false);
  });
});

describe('a time that is over before the planned trials', () => {
  it('makes a result that ended early', async () => {
    const { url } = await serveWords(() => delay(50));
    const { result } = await measureAt({ url, requests: 4, trials: 1000, leastTrials: 1000, maxDurationMs: 300 });
    expect(result.interrupted).toBe(true);
    expect(result.ended_early).toMatchObject({
      cause: 'stopped',
      message: expect.stringMatching(/^--max-duration was reached after \d+ trials?\.$/) as string,
    });
  });
});

describe('a server that is gone', () => {
  it('in the middle of its only run ends it, and the result says so', async () => {
    const server = await serveWords(async (answered) => {
      if (answered === 5) await server.die();
    });
    const { url } = server;
    const { result, failure } = await measureAt({ url, requests: null, durationMs: 60_000 });
    expect(failure).toMatchObject({
      code: 'target_unreachable',
      hint: expect.stringContaining('Nothing listens at') as string,
    });
    expect(result.ended_early).toMatchObject({
      cause: 'target-lost',
      server: 'candidate',
      message: `${url} was lost during the measurement.`,
    });
    expect(result.runs[0]?.requests.errors).toHaveProperty('connection_refused');
    expect(result.warnings[0]).toMatch(/^The bench ended early: http:\S+ was lost during the measurement\.$/);
  });

  it('in one of several trials ends the bench', async () => {
    const baseline = await serveWords();
    const server = await serveWords(async (answered) => {
      if (answered === 9) await server.die();
    });
    const { result } = await measureAt({ url: server.url, versus: baseline.url, trials: 5 });
    expect(result.ended_early).toMatchObject({ cause: 'target-lost', server: 'candidate' });
    expect(result.runs.length).toBeLessThan(5);
  });

  it('is not one that closed a few connections and is still there', async () => {
    const server = await serveScript(async (exchange) => {
      if (exchange.head.startsWith('GET /v1/models')) {
        await exchange.answer('200 OK', ['Content-Type: application/json'], '{"data":[{"id":"parrot"}]}');
      } else exchange.reset();
    });
    const { result, failure } = await measureAt({ url: server.url });
    expect([failure, result.interrupted]).toEqual([null, false]);
    expect(result.runs[0]?.requests.failed).toBe(4);
  });
});
