import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { serveScript } from './target/routes.js';
import { measureAt, serveWords } from './words-server.js';

/** Requests that a bench sends to each server before its runs. */
const probes = 3;

describe('two servers that are measured at the same time', () => {
  it('have requests in flight together in each trial', async () => {
    let inFlight = 0;
    let most = 0;
    const answer = async (): Promise<void> => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await delay(20);
      inFlight -= 1;
    };
    const [{ url }, { url: versus }] = [await serveWords(answer), await serveWords(answer)];
    const { result } = await measureAt({ url, versus, duet: true, trials: 3 });
    expect(most).toBe(2);
    expect(result.plan.duet).toBe(true);
    expect([result.runs, result.versus?.runs].map((runs) => runs?.map(({ trial }) => trial))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('stop together, when the faster one has all of its requests', async () => {
    const [{ url }, { url: versus }] = [await serveWords(() => delay(60)), await serveWords(() => delay(5))];
    const { result } = await measureAt({ url, versus, duet: true, requests: 40 });
    expect(result.versus?.runs[0]?.requests.completed).toBe(40);
    const slow = result.runs[0]?.requests.completed ?? 0;
    expect(slow).toBeGreaterThan(0);
    expect(slow).toBeLessThan(20);
  });

  it('go on until each has enough, if they are extended', async () => {
    const [{ url }, { url: versus }] = [await serveWords(() => delay(60)), await serveWords(() => delay(5))];
    const extension = { requests: 6, longestMs: 30_000 };
    const { result } = await measureAt({ url, versus, duet: true, requests: null, durationMs: 20, extension });
    const [slow, fast] = [result.runs[0], result.versus?.runs[0]].map((run) => run?.requests.completed ?? 0);
    expect(slow).toBe(6);
    expect(fast).toBeGreaterThan(12);
  });

  it('each get the whole schedule of an open loop', async () => {
    const [{ url }, { url: versus }] = [await serveWords(), await serveWords()];
    const load = { type: 'open', rates: [50], arrival: 'burst' } as const;
    const { result } = await measureAt({ url, versus, duet: true, load, requests: 20 });
    expect([result.runs[0], result.versus?.runs[0]].map((run) => run?.requests.completed)).toEqual([20, 20]);
  });

  it('are numbered as pairs, and show the progress of the candidate', async () => {
    const [{ url }, { url: versus }] = [await serveWords(() => delay(100)), await serveWords(() => delay(100))];
    const roles = new Set<string | undefined>();
    const finished: (readonly [number, number | null, string | undefined])[] = [];
    await measureAt(
      { url, versus, duet: true, trials: 2 },
      {
        onProgress: ({ server }) => roles.add(server?.role),
        onRun: (_, { run, runs, server }) => finished.push([run, runs, server?.role]),
      },
    );
    expect([...roles]).toEqual(['candidate']);
    expect(finished.toSorted()).toEqual([
      [1, 2, 'baseline'],
      [1, 2, 'candidate'],
      [2, 2, 'baseline'],
      [2, 2, 'candidate'],
    ]);
  });

  it('end together if one of them is lost, and what the other did alone is left out', async () => {
    let isSecondTrial = false;
    const baseline = await serveWords(async () => {
      if (isSecondTrial) await baseline.die();
    });
    const { url } = await serveWords(() => delay(isSecondTrial ? 200 : 0));
    const runs: string[] = [];
    const { result, failure } = await measureAt(
      { url, versus: baseline.url, duet: true, requests: 100, trials: 3 },
      {
        onRun: (_, { server }) => {
          runs.push(server?.role ?? '');
          isSecondTrial = runs.length === 2;
        },
      },
    );
    expect(failure).toMatchObject({ code: 'target_unreachable' });
    expect(result.ended_early).toMatchObject({ cause: 'target-lost', server: 'baseline' });
    expect([result.runs.length, result.versus?.runs.length]).toEqual([1, 2]);
  });

  it('fail together if one of them rejects the first requests', async () => {
    let asked = 0;
    const { url } = await serveWords(() => delay(20));
    const strict = await serveScript(async (exchange) => {
      const isList = exchange.head.startsWith('GET /v1/models');
      if (!isList) asked += 1;
      // What is asked before the runs begin is answered.
      if (!isList && asked <= probes)
        await exchange.stream('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', 'data: [DONE]\n\n');
      else {
        const status = isList ? '200 OK' : '401 Unauthorized';
        await exchange.answer(status, ['Content-Type: application/json'], '{"data":[{"id":"parrot"}]}');
      }
    });
    const began = performance.now();
    const bench = measureAt({ url, versus: strict.url, duet: true, requests: null, durationMs: 30_000 });
    await expect(bench).rejects.toThrow(/401/);
    expect(asked).toBeGreaterThan(probes);
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
