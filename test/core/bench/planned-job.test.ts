import { describe, expect, it } from 'vitest';
import { inThreadLoad } from '../../../src/core/bench/load/in-thread.js';
import type { LoadJob } from '../../../src/core/bench/load/job/load-job.js';
import type { BenchOptions } from '../../../src/core/bench/plan/options.js';
import type { Tenant } from '../../../src/core/bench/plan/tenants.js';
import { plannedJob, type Step } from '../../../src/core/bench/planned-job.js';
import { assumedScale } from '../../../src/core/bench/workload/words.js';
import type { WorkloadSpec } from '../../../src/core/bench/workload/workload.js';
import { parseObjective } from '../../../src/core/measurement/settings/objectives.js';
import { singleRequests } from '../../../src/core/measurement/workload/conversation-shape.js';
import { parseLengths } from '../../../src/core/measurement/workload/lengths.js';
import { describedTarget } from './described-target.js';
import { benchOptionsOf } from './options.js';

const lengths = { inputTokens: parseLengths('8'), outputTokens: parseLengths('3') };

const workload: WorkloadSpec = {
  type: 'synthetic',
  ...{ seed: 1, salt: 0, sharedPrefixTokens: 0, scale: assumedScale, ...lengths },
};

function tenant(name: string, clients: number): Tenant {
  const { inputTokens, outputTokens } = lengths;
  return {
    ...{ name, key: `key-of-${name}`, portion: { type: 'clients', clients }, weight: 1, priority: null },
    ...{ prompts: { type: 'synthetic', inputTokens }, outputTokens, sharedPrefixTokens: 0 },
    conversations: singleRequests,
  };
}

function jobOf(changes: Partial<BenchOptions> = {}, step: Partial<Step> = {}, sent = workload): LoadJob {
  const options = benchOptionsOf({ target: { type: 'url', url: describedTarget.description.url }, ...changes });
  const tenants = options.tenants.map((each) => ({ tenant: each, workload: sent }));
  const prepared = { workload: sent, tenants, promptsName: null, ignoreEos: true, runningUsage: false, warnings: [] };
  const side = { server: 'candidate', target: describedTarget, load: inThreadLoad(), results: [] } as const;
  const setting = { concurrency: 4, rate: null, max_concurrency: null };
  return plannedJob(options, prepared, { setting, trial: 1, number: 7, side: { ...side, results: [] }, ...step });
}

const open = { load: { type: 'open', rates: [5], arrival: 'poisson' } } as const;
const atRate = { setting: { concurrency: null, rate: 5, max_concurrency: null } };

describe('the job of a step', () => {
  it('is sent to the target of its side, as the run of its number', () => {
    expect(jobOf()).toMatchObject({
      client: { url: describedTarget.requestsUrl },
      body: { model: 'm', ignoreEos: true },
      ...{ run: 7, worker: 0, workers: 1 },
    });
  });

  it('has the clients of its setting in a closed loop', () => {
    expect(jobOf().shape).toEqual({ type: 'closed', clients: 4 });
  });

  it('divides the clients among the tenants, each of which sends with its own key', () => {
    const { shape, tenants } = jobOf({ tenants: [tenant('anna', 3), tenant('ben', 1)] });
    expect(shape).toEqual({ type: 'closed', clients: 4, tenants: [0, 0, 0, 1] });
    expect(tenants?.map(({ client }) => client.headers['authorization'])).toEqual([
      'Bearer key-of-anna',
      'Bearer key-of-ben',
    ]);
  });

  it('has the same moments for all settings of a trial in an open loop, and others in the next trial', () => {
    const { shape: first } = jobOf(open, atRate);
    expect(first).toMatchObject({ type: 'open', rate: 5, arrival: 'poisson' });
    const { shape: other } = jobOf(open, { setting: { ...atRate.setting, rate: 9 }, number: 8 });
    expect(other).toEqual({ ...first, rate: 9 });
    expect(jobOf(open, { ...atRate, trial: 2 }).shape).not.toEqual(first);
    expect(jobOf(open, { ...atRate, arrivalSeed: 3 }).shape).toMatchObject({ seed: 3 });
  });

  it('says how many turns an arrival of an open loop brings, if turns wait for their answers', () => {
    expect(jobOf(open, atRate).shape).not.toHaveProperty('turnsEach');
    const conversations = { ...singleRequests, turns: { type: 'fixed', tokens: 3 } } as const;
    const sent = { ...workload, shape: conversations };
    expect(jobOf({ ...open, conversations }, atRate, sent).shape).toHaveProperty('turnsEach', 3);
    const tenants = [{ ...tenant('anna', 1), conversations }];
    expect(jobOf({ ...open, tenants }, atRate, sent).shape).toHaveProperty('turnsEach', 3);
  });

  it('tracks the objectives of a search before the others', () => {
    const [searched, other] = [parseObjective('ttft.p95<500ms'), parseObjective('e2e.p95<9s')];
    const findMax = { objectives: [searched], by: 'rate', precision: 0.05, start: 1 } as const;
    const job = jobOf({ findMax, objectives: [other] });
    expect(job.trackedObjectives).toEqual([searched, other]);
    expect(job.objectives).toEqual([other]);
  });

  it('says which server samples belong to only if there are two', () => {
    expect(jobOf()).not.toHaveProperty('samplesOf');
    expect(jobOf({ versus: 'http://192.0.2.2' })).toHaveProperty('samplesOf', 'candidate');
  });
});
