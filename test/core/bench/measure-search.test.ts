import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { LoadJob } from '../../../src/core/bench/load/job/load-job.js';
import type { LoadGenerator } from '../../../src/core/bench/load/load-generator.js';
import { measureSearch, type Searched } from '../../../src/core/bench/measure-search.js';
import { parseAbortRule } from '../../../src/core/bench/plan/abort-rules.js';
import type { BenchOptions, FindMaxOptions } from '../../../src/core/bench/plan/options.js';
import type { AgentsOfRun } from '../../../src/core/bench/record/agent-part.js';
import type { RunSnapshot } from '../../../src/core/bench/record/run-recorder.js';
import type { TrendBin } from '../../../src/core/bench/record/run-trend.js';
import { assumedScale } from '../../../src/core/bench/workload/words.js';
import type { WorkloadSpec } from '../../../src/core/bench/workload/workload.js';
import { parseObjective } from '../../../src/core/measurement/settings/objectives.js';
import { parseLengths } from '../../../src/core/measurement/workload/lengths.js';
import { describedTarget as target } from './described-target.js';
import { benchOptionsOf } from './options.js';
import { partOf, spanOf } from './result/parts.js';

/** What happens in one measurement. */
interface Happening {
  /** Of the requests, by each objective; null: there is nothing to judge by. */
  readonly missedShare?: number | null;
  /** Requests in flight and TTFT rise all the time. */
  readonly grows?: boolean;
  /** How long answers take after their first token. */
  readonly streamMs?: number;
  readonly isClientSaturated?: boolean;
}

const requestsPerBin = 100;

function binsOf({ missedShare = 0, grows = false, streamMs = 0 }: Happening, objectives: number): readonly TrendBin[] {
  const each = (requests: number): number[] => Array.from({ length: objectives }, () => requests);
  return Array.from({ length: 17 }, (_, second) => ({
    ...{ sent: requestsPerBin, firstTokens: requestsPerBin, streamUs: requestsPerBin * streamMs * 1000 },
    ttftUs: requestsPerBin * (grows ? second + 1 : 1) * 100_000,
    inFlightUs: (grows ? second * 50 : 1) * 1e6,
    judged: each(missedShare === null ? 0 : requestsPerBin),
    missed: each((missedShare ?? 0) * requestsPerBin),
  }));
}

/** Sends nothing, and measures what is known to happen at each load, at once. */
class KnownLoad implements LoadGenerator {
  readonly jobs: LoadJob[] = [];
  readonly #happening: (load: number, time: number) => Happening;
  readonly #waitsForAbort: boolean;
  #agents: AgentsOfRun | null = null;

  /** @param happening at a load, the how many-th time from 1 */
  constructor(happening: (load: number, time: number) => Happening, waitsForAbort = false) {
    this.#happening = happening;
    this.#waitsForAbort = waitsForAbort;
  }

  /** Each load that was measured, in order. */
  get loads(): readonly number[] {
    return this.jobs.map(loadOf);
  }

  prepare(job: LoadJob): Promise<void> {
    this.jobs.push(job);
    return Promise.resolve();
  }

  async start(signal: AbortSignal): ReturnType<LoadGenerator['start']> {
    if (this.#waitsForAbort) await once(signal, 'abort');
    const now = this.#now();
    const bins = this.#waitsForAbort ? [] : this.#bins();
    const part = partOf({ completed: 1700, span: spanOf(0, 17, 17), trend: { binUs: 1e6, bins } });
    const agent = { name: 'a', status: 'finished', startedAfterMs: 0, parts: [part] } as const;
    this.#agents = { startSpreadMs: 0, agents: [{ ...agent, cpuShare: now.isClientSaturated === true ? 0.99 : 0.1 }] };
    return [part];
  }

  snapshots(): readonly RunSnapshot[] {
    const counts = { completed: 1700, warmup: 0, inFlight: 0, heldBack: 0, unanswered: 0, servedTokens: 0 };
    const trend = { binUs: 1e6, bins: this.#bins() };
    return [{ ...counts, p50Ms: null, isP50Rough: true, p95Ms: null, trend, rejection: null }];
  }

  agentsOfRun(): AgentsOfRun | null {
    return this.#agents;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #bins(): readonly TrendBin[] {
    return binsOf(this.#now(), this.jobs.at(-1)?.trackedObjectives.length ?? 0);
  }

  #now(): Happening {
    const load = this.loads.at(-1) ?? 0;
    return this.#happening(load, this.loads.filter((each) => each === load).length);
  }
}

function loadOf({ shape }: LoadJob): number {
  return shape.type === 'open' ? shape.rate : shape.clients;
}

async function searchWith(
  load: KnownLoad,
  search: Partial<FindMaxOptions> = {},
  changes: Partial<BenchOptions> = {},
): Promise<Searched> {
  const objectives = [parseObjective('ttft.p95<500ms')];
  const findMax: FindMaxOptions = { objectives, by: 'rate', precision: 0.05, start: 1, ...search };
  const open = { type: 'open', rates: [findMax.start], arrival: 'poisson' } as const;
  const options = benchOptionsOf({
    target: { type: 'url', url: target.description.url },
    ...{ findMax, load: open, requests: null, durationMs: 1000, ...changes },
  });
  const workload: WorkloadSpec = {
    type: 'synthetic',
    ...{ seed: 1, salt: 0, sharedPrefixTokens: 0, scale: assumedScale },
    ...{ inputTokens: parseLengths('8'), outputTokens: parseLengths('3') },
  };
  const prepared = { workload, tenants: [], promptsName: null, ignoreEos: true, runningUsage: false, warnings: [] };
  const settings = [{ rate: findMax.start, concurrency: null, max_concurrency: null }];
  const measurement = { options, prepared, settings, target, versus: null, load, beside: null };
  return await measureSearch(measurement, findMax, null, {
    onProgress: () => undefined,
    onRun: () => undefined,
    signal: new AbortController().signal,
  });
}

/** Of each measurement at the load that was measured most often, in milliseconds. */
function durationsAtOneLoad({ jobs, loads }: KnownLoad): {
  readonly load: number;
  readonly durations: readonly number[];
} {
  const times = (load: number): number => loads.filter((each) => each === load).length;
  const load = loads.toSorted((one, other) => times(other) - times(one))[0] ?? 0;
  const own = jobs.filter((job) => loadOf(job) === load);
  for (const { warmupMs, durationMs } of own) expect(warmupMs).toBe((durationMs ?? 0) / 4);
  return { load, durations: own.map(({ durationMs }) => durationMs ?? 0) };
}

/** Around the limit, about as many miss an objective as may, so that loads there have to be measured several times. */
function gradual(limit: number, allowed: number, steepness = 3): (load: number) => Happening {
  return (load) => ({ missedShare: Math.min(1, allowed * (load / limit) ** steepness) });
}

describe('a search that measures', () => {
  it('finds the limit of the server, and counts the misses of objectives beside those that are searched for', async () => {
    const load = new KnownLoad((rate) => ({ missedShare: rate > 11 ? 1 : 0 }));
    const objectives = [parseObjective('e2e.p95<9s')];
    const { outcome, measured } = await searchWith(load, {}, { objectives });
    if (outcome.status !== 'found') throw new Error(outcome.status);
    expect(Math.abs(outcome.load / 11 - 1)).toBeLessThanOrEqual(0.05);
    expect(outcome).toMatchObject({ isFinished: true, isClientFull: false });
    expect(load.loads.slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
    expect(measured.runs).toHaveLength(load.jobs.length);
    expect(load.jobs[0]?.trackedObjectives.map(({ text }) => text)).toEqual(['ttft.p95<500ms', 'e2e.p95<9s']);
  });

  it.each([
    ['ttft.p95<500ms', 75, gradual(11, 0.05)],
    ['ttft.p99<500ms', 375, gradual(11, 0.01)],
    ['ttft.p50<500ms', 75, gradual(11, 0.5, 0.5)],
  ])('measures a load again for as long as %s needs: %s requests', async (text, requests, happening) => {
    const known = new KnownLoad(happening);
    await searchWith(known, { objectives: [parseObjective(text)] });
    const { load, durations } = durationsAtOneLoad(known);
    expect(durations[0]).toBe(1000);
    expect(durations.length).toBeGreaterThan(1);
    const expected = (requests / load) * 1000;
    for (const [index, duration] of durations.slice(1).entries()) {
      expect(duration).toBeCloseTo(Math.max(expected, [1000, 2000, 4000, 8000][index] ?? 0), 6);
    }
  });

  it('makes no measurement longer than a minute for the sake of its requests', async () => {
    const known = new KnownLoad(gradual(0.3, 0.05));
    await searchWith(known, { start: 0.5 });
    expect(Math.max(...known.jobs.map(({ durationMs }) => durationMs ?? 0))).toBe(60_000);
  });

  it('does not blame the server for what a saturated load generator measures, and ends at what that can send', async () => {
    const load = new KnownLoad((rate) => (rate > 21 ? { missedShare: 1, isClientSaturated: true } : {}));
    const { outcome } = await searchWith(load);
    if (outcome.status !== 'all-hold') throw new Error(outcome.status);
    expect(outcome).toMatchObject({ isClientFull: true, isFinished: false });
    expect(outcome.highest).toBeGreaterThan(19);
    expect(outcome.highest).toBeLessThanOrEqual(21);
    expect(outcome.loads.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
    // Measured once more, and no load above it.
    expect(load.loads.filter((each) => each >= 32)).toEqual([32, 32]);
  });

  it('finds a limit below the load that the load generator cannot send', async () => {
    const load = new KnownLoad((rate) => ({ missedShare: rate > 18 ? 1 : 0, isClientSaturated: rate > 30 }));
    const { outcome } = await searchWith(load);
    if (outcome.status !== 'found') throw new Error(outcome.status);
    expect(Math.abs(outcome.load / 18 - 1)).toBeLessThanOrEqual(0.05);
  });

  it('goes down from a first load that the load generator cannot send', async () => {
    const load = new KnownLoad((rate) => ({ missedShare: rate > 18 ? 1 : 0, isClientSaturated: rate > 30 }));
    const { outcome } = await searchWith(load, { start: 64 });
    expect(load.loads.slice(0, 4)).toEqual([64, 64, 16, 32]);
    if (outcome.status !== 'found') throw new Error(outcome.status);
    expect(Math.abs(outcome.load / 18 - 1)).toBeLessThanOrEqual(0.05);
  });

  it('measures again what a load generator was too busy for once, as another trial', async () => {
    const load = new KnownLoad((rate, time) => ({
      missedShare: rate > 11 ? 1 : 0,
      isClientSaturated: rate === 4 && time === 1,
    }));
    const { outcome, measured } = await searchWith(load);
    expect(load.loads.slice(0, 5)).toEqual([1, 2, 4, 4, 8]);
    expect(outcome).toMatchObject({ status: 'found', isClientFull: false });
    expect(measured.runs.filter(({ settings }) => settings.rate === 4).map(({ trial }) => trial)).toEqual([1, 2]);
    expect(outcome.loads.find((each) => each.load === 4)).toMatchObject({ looks: 1, verdict: 'holds' });
  });

  it('ends with what it knows where a load generator becomes too busy for a load that it has sent before', async () => {
    const load = new KnownLoad((rate, time) => ({ ...gradual(18, 0.05, 0.3)(rate), isClientSaturated: time > 1 }));
    const { outcome, measured } = await searchWith(load);
    expect(outcome).toMatchObject({ status: 'found', isClientFull: true });
    const discarded = measured.runs.filter((run) => run.discarded === true);
    expect(discarded.map(({ trial }) => trial)).toEqual([2, 3]);
    expect(new Set(discarded.map(({ settings }) => settings.rate)).size).toBe(1);
  });

  it('ends at once where no answer can be judged by an objective', async () => {
    const load = new KnownLoad(() => ({ missedShare: null }));
    const { outcome } = await searchWith(load);
    expect(outcome).toMatchObject({ status: 'unjudged', objectives: [0] });
    expect(load.loads).toEqual([1]);
  });

  it('takes a queue that grows for a limit', async () => {
    const load = new KnownLoad((rate) => ({ grows: rate > 30 }));
    const { outcome } = await searchWith(load);
    if (outcome.status !== 'found') throw new Error(outcome.status);
    expect(outcome.next).toEqual({ type: 'overload' });
    expect(Math.abs(outcome.load / 30 - 1)).toBeLessThanOrEqual(0.05);
  });

  it('takes a load for unclear where the queue may only have filled up', async () => {
    const load = new KnownLoad(() => ({ grows: true, streamMs: 60_000 }));
    const { outcome } = await searchWith(load, {}, { maxDurationMs: 1 });
    expect(outcome.loads[0]).toMatchObject({ load: 1, isOverloaded: false, verdict: 'unclear' });
  });

  it('takes a run that was ended because its queue grew for one whose queue grows', async () => {
    const load = new KnownLoad(() => ({ grows: true }), true);
    const changes = { abortOn: [parseAbortRule('overload')], durationMs: 100, maxDurationMs: 1 };
    const { outcome, measured } = await searchWith(load, {}, changes);
    expect(measured.runs[0]).toMatchObject({ aborted_on: 'overload' });
    expect(measured.runs[0]).not.toHaveProperty('overload');
    expect(outcome.loads[0]).toMatchObject({ load: 1, isOverloaded: true, verdict: 'breaks' });
  });

  it('begins no measurement after its time', async () => {
    const now = performance.now.bind(performance);
    let passedMs = 0;
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => now() + passedMs);
    onTestFinished(() => {
      spy.mockRestore();
    });
    const load = new KnownLoad(() => {
      passedMs = 3_600_000;
      return {};
    });
    const { outcome } = await searchWith(load, {}, { maxDurationMs: 3_600_000 });
    expect(load.loads).toEqual([1]);
    expect(outcome).toMatchObject({ status: 'all-hold', highest: 1, isFinished: false });
  });
});
