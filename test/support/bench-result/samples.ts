import { type Random, standardNormal } from '../../../src/core/base/random.js';
import { LatencyHistogram } from '../../../src/core/measurement/latency/histogram.js';
import { medianIntervalOf, medianMs } from '../../../src/core/measurement/latency/median.js';
import { type PerMetric, perMetric } from '../../../src/core/measurement/metric-names.js';
import type { Metric, QueueWaitSource } from '../../../src/core/measurement/result-schema.js';
import type { SettingDescription } from './description.js';

/** What was measured of one latency. Moments come from the samples: of a long histogram they take much longer. */
class Samples {
  readonly histogram = new LatencyHistogram();
  readonly #valuesMs: number[] = [];

  record(ms: number): void {
    this.#valuesMs.push(ms);
    this.histogram.record(ms * 1000);
  }

  get meanMs(): number | null {
    const { length } = this.#valuesMs;
    return length === 0 ? null : this.#valuesMs.reduce((sum, ms) => sum + ms, 0) / length;
  }

  get metric(): Metric {
    const { meanMs: mean, histogram } = this;
    const interval = medianIntervalOf(histogram);
    const squares = this.#valuesMs.reduce((sum, ms) => sum + (ms - (mean ?? 0)) ** 2, 0);
    return {
      unit: 'ms',
      count: histogram.count,
      mean,
      stddev: mean === null ? null : Math.sqrt(squares / histogram.count),
      min: mean === null ? null : Math.min(...this.#valuesMs),
      max: mean === null ? null : Math.max(...this.#valuesMs),
      p50: medianMs(histogram),
      ...(interval === null ? {} : { p50_interval: interval }),
      p90: histogram.percentileMs(90),
      p95: histogram.percentileMs(95),
      p99: histogram.percentileMs(99),
      p99_9: histogram.percentileMs(99.9),
      histogram: mean === null ? null : histogram.encode(),
    };
  }
}

export type SampleSet = PerMetric<Samples>;

/** Log-normal samples of the parts; what is made of parts is added up, so that the figures of a request agree. */
export function samplesOf(setting: SettingDescription, source: QueueWaitSource, random: Random): SampleSet {
  const { spread = 0.3, outputTokens = 64 } = setting;
  const samples: SampleSet = perMetric(() => new Samples());
  const draw = (medianMs: number): number => medianMs * Math.exp(spread * standardNormal(random));
  for (let request = 0; request < (setting.completed ?? 1200); request += 1) {
    const clientWait = draw(setting.clientWaitMs ?? 0.04);
    const queueWait = draw(setting.queueWaitMs ?? 0);
    const prefill = draw(setting.prefillMs ?? 30);
    const delivery = draw(setting.deliveryMs ?? 1.5);
    const tpot = draw(setting.tpotMs ?? 10);
    const ttft = queueWait + prefill + delivery;
    samples.client_wait.record(clientWait);
    samples.ttft.record(ttft);
    samples.ttft_from_schedule.record(clientWait + ttft);
    if (source === 'measured') {
      samples.queue_wait.record(queueWait);
      samples.prefill.record(prefill);
      samples.delivery.record(delivery);
    } else if (source === 'derived') {
      samples.queue_wait.record(queueWait + delivery);
      samples.prefill.record(prefill);
    }
    samples.tpot.record(tpot);
    samples.chunk_gap.record(tpot);
    samples.e2e.record(ttft + tpot * (outputTokens - 1));
  }
  return samples;
}
