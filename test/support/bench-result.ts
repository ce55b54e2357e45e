import { seededRandom } from '../../src/core/base/random.js';
import { metricNames } from '../../src/core/measurement/metric-names.js';
import { resultSchemaName } from '../../src/core/measurement/read-result.js';
import type { BenchResult, Run, TargetDescription } from '../../src/core/measurement/result-schema.js';
import { loadShapeFiguresOf } from '../../src/core/measurement/settings/load-shape-figures.js';
import { type SettingSummary, summarise } from '../../src/core/measurement/settings/summarise.js';
import { ClientDelay } from '../../src/core/measurement/validity/client-delay.js';
import { isOverloaded } from '../../src/core/measurement/validity/overload.js';
import { saturationOfRuns } from '../../src/core/measurement/validity/saturation.js';
import { SentLate } from '../../src/core/measurement/validity/sent-late.js';
import type { ResultDescription } from './bench-result/description.js';
import { planOf } from './bench-result/plan.js';
import { runOf } from './bench-result/run.js';
import { type SampleSet, samplesOf } from './bench-result/samples.js';

export type { ResultDescription } from './bench-result/description.js';

export interface DescribedResult {
  readonly result: BenchResult;
  readonly summaries: readonly SettingSummary[];
}

/** A result that is whole, in order and the same each time, and its summaries. Samples are seeded with the plan's seed. */
export function benchResult(description: ResultDescription): DescribedResult {
  const { settings, trials = 1, queueWaitSource = 'measured' } = description;
  const random = seededRandom(description.plan?.seed ?? 1);
  const measured = Array.from({ length: trials }, (_, trial) =>
    settings.map((setting) => {
      const samples = samplesOf(setting, queueWaitSource, random);
      return { run: runOf(setting, trial + 1, samples, queueWaitSource), samples };
    }),
  ).flat();
  const runs = measured.map(({ run }) => run);
  const summaries = trials > 1 ? summarise(runs) : measured.map(({ run, samples }) => summaryOf(run, samples));
  const target = targetOf(description.target);
  const result: BenchResult = {
    schema: resultSchemaName,
    tool: { version: '0.1.0', node: '20.19.0' },
    started_at: '2025-01-31T12:00:00.000Z',
    finished_at: '2025-01-31T12:00:44.000Z',
    interrupted: description.interrupted ?? false,
    machine: {
      cpu: 'AMD EPYC 9654',
      cores: 16,
      memory_bytes: 128 * 2 ** 30,
      os: 'Linux 6.8',
      gpus: [],
      ...description.machine,
    },
    target,
    plan: planOf(description),
    runs,
    sweep: { knee: null, usl: null, recommendation: null, ...description.sweep },
    warnings: [...(description.warnings ?? [])],
  };
  if (description.versus !== undefined) {
    result.versus = { target: targetOf({ ...target, ...description.versus }), runs };
  }
  return { result, summaries };
}

/** The summary of one run is the run; only several have to be merged, which takes longer. */
function summaryOf(run: Run, samples: SampleSet): SettingSummary {
  const { settings, requests, rates, metrics, prompt_cache: promptCache } = run;
  const { ttft, queue_wait: queueWait } = metrics;
  const known = metricNames.filter((name) => samples[name].histogram.count > 0);
  return {
    settings,
    trials: 1,
    requests,
    rates,
    metrics,
    histograms: new Map(known.map((name) => [name, samples[name].histogram])),
    queueShare: ttft.mean === null || queueWait.mean === null ? null : queueWait.mean / ttft.mean,
    promptCache: promptCache ?? null,
    saturation: saturationOfRuns([run]),
    clientDelay: ClientDelay.ofRuns([run]),
    sentLate: new SentLate([run]),
    countsTokens: true,
    isOverloaded: isOverloaded([run]),
    loadShape: loadShapeFiguresOf([run]),
  };
}

function targetOf(target: Partial<TargetDescription> = {}): TargetDescription {
  return {
    url: 'http://127.0.0.1:8000',
    server: 'chatstream/0.1.0',
    model: 'qwen2.5-0.5b-instruct-q4_k_m',
    engine: 'llama',
    settings: {},
    ...target,
  };
}
