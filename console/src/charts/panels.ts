import type { HistorySample } from '../api/wire.js';
import { brief, bytes, percent, rate, shortTime } from '../ui/format.js';
import type { Past } from './shown.js';
import type { chartsWords } from './words.js';

interface Line {
  readonly label: string;
  /** A variable of tokens.css. */
  readonly colour: string;
  /** The area below it is tinted. */
  readonly isFilled?: boolean;
  readonly isDashed?: boolean;
  readonly values: readonly (number | null)[];
}

export interface Panel {
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** The top of the scale; without it, the largest value decides. */
  readonly most?: number;
  /** The scale ends at a round number of these; 1 if there is none. */
  readonly unit?: number;
}

type Words = ReturnType<typeof chartsWords>;
type Value = (sample: HistorySample) => number | null;

/** What is drawn: a chart for each question that somebody who looks after a server asks. */
export function panelsOf({ samples, intervalSeconds, machine }: Past, words: Words): readonly Panel[] {
  const line = (label: string, colour: string, value: Value): Line => ({ label, colour, values: samples.map(value) });
  const area = (label: string, colour: string, value: Value): Line => ({
    ...line(label, colour, value),
    isFilled: true,
  });
  const percentiles = (of: 'ttft_ms' | 'queue_wait_ms' | 'inter_token_ms'): readonly Line[] => [
    area(words.p50, '--accent', (sample) => sample[of]?.p50 ?? null),
    { ...line(words.p95, '--ink-2', (sample) => sample[of]?.p95 ?? null), isDashed: true },
  ];
  const times = (of: 'ttft_ms' | 'queue_wait_ms' | 'inter_token_ms'): Pick<Panel, 'format' | 'unit' | 'lines'> => ({
    format: shortTime,
    unit: timeUnit(Math.max(...samples.map((sample) => sample[of]?.p95 ?? 0))),
    lines: percentiles(of),
  });
  const perMinute = 60 / intervalSeconds;
  const { cpu, memory, gpus } = machine;
  // The engine may not use the one that the machine has.
  const usesGpu = samples.some(({ gpu }) => gpu !== null);
  return [
    {
      id: 'requests',
      title: words.requests,
      format: brief,
      lines: [
        area(words.running, '--accent', ({ running }) => running),
        line(words.waiting, '--waiting', ({ waiting }) => waiting),
      ],
    },
    {
      id: 'tokens',
      title: words.tokens,
      format: rate,
      lines: [area(words.output, '--accent', ({ output_tokens }) => output_tokens / intervalSeconds)],
    },
    {
      id: 'ended',
      title: words.ended,
      format: brief,
      lines: [
        area(words.completed, '--accent', ({ completed }) => completed * perMinute),
        line(
          words.unsuccessful,
          '--ink-2',
          ({ cancelled, failed, timed_out }) => (cancelled + failed + timed_out) * perMinute,
        ),
        line(words.refused, '--bad', ({ refused }) => refused * perMinute),
      ],
    },
    { id: 'ttft', title: words.ttft, ...times('ttft_ms') },
    { id: 'queue-wait', title: words.queueWait, ...times('queue_wait_ms') },
    { id: 'inter-token', title: words.interToken, ...times('inter_token_ms') },
    {
      id: 'cache',
      title: words.cache,
      format: percent,
      most: 1,
      lines: [
        area(words.cached, '--accent', ({ cached_tokens, prompt_tokens }) =>
          prompt_tokens === 0 ? null : cached_tokens / prompt_tokens,
        ),
      ],
    },
    {
      id: 'cpu',
      title: words.cpu,
      note: `${words.cores(String(cpu.cores))}, ${words.process(percent(cpu.process))}`,
      format: percent,
      most: 1,
      lines: [area(words.machine, '--accent', (sample) => sample.cpu)],
    },
    {
      id: 'memory',
      title: words.memory,
      note: words.ofTotal(bytes(memory.used_bytes), bytes(memory.total_bytes)),
      format: bytes,
      unit: samples.every(({ memory_bytes }) => memory_bytes < 2 ** 30) ? 2 ** 20 : 2 ** 30,
      lines: [area('chatstream', '--accent', ({ memory_bytes }) => memory_bytes)],
    },
    ...(!usesGpu
      ? []
      : [
          {
            id: 'gpu',
            title: words.gpu,
            note: [...new Set(gpus.map(({ name }) => name))].join(', '),
            format: percent,
            most: 1,
            lines: [area(words.use, '--accent', (sample) => sample.gpu?.used ?? null)],
          },
          {
            id: 'gpu-memory',
            title: words.gpuMemory,
            format: bytes,
            most: gpus.reduce((sum, { memory_total_bytes }) => sum + memory_total_bytes, 0),
            lines: [area(words.used, '--accent', (sample) => sample.gpu?.memory_used_bytes ?? null)],
          },
          // The bar above the charts counts them, too. This one fills the grid.
          {
            id: 'restarts',
            title: words.restarts,
            format: brief,
            lines: [line(words.restart, '--bad', ({ engine_restarts }) => engine_restarts)],
          },
        ]),
  ];
}

/** The longest unit of time that is not longer than a time, in milliseconds: an hour, a minute, or less. */
function timeUnit(ms: number): number {
  return [3_600_000, 60_000].find((unit) => unit <= ms) ?? 1;
}
