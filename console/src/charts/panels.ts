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
export function panelsOf(past: Past, words: Words): readonly Panel[] {
  // The engine may not use the GPU that the machine has.
  const usesGpu = past.samples.some(({ gpu }) => gpu !== null);
  return [
    ...requestPanels(past, words),
    ...timePanels(past, words),
    ...machinePanels(past, words),
    ...(usesGpu ? gpuPanels(past, words) : []),
  ];
}

function requestPanels({ samples, intervalSeconds }: Past, words: Words): readonly Panel[] {
  const perMinute = 60 / intervalSeconds;
  const unsuccessful: Value = ({ cancelled, failed, timed_out }) => (cancelled + failed + timed_out) * perMinute;
  return [
    {
      id: 'requests',
      title: words.requests,
      format: brief,
      lines: [
        area(samples, words.running, ({ running }) => running),
        line(samples, words.waiting, '--waiting', ({ waiting }) => waiting),
      ],
    },
    {
      id: 'tokens',
      title: words.tokens,
      format: rate,
      lines: [area(samples, words.output, ({ output_tokens }) => output_tokens / intervalSeconds)],
    },
    {
      id: 'ended',
      title: words.ended,
      format: brief,
      lines: [
        area(samples, words.completed, ({ completed }) => completed * perMinute),
        line(samples, words.unsuccessful, '--ink-2', unsuccessful),
        line(samples, words.refused, '--bad', ({ refused }) => refused * perMinute),
      ],
    },
  ];
}

function timePanels({ samples }: Past, words: Words): readonly Panel[] {
  const panel = (id: string, title: string, of: 'ttft_ms' | 'queue_wait_ms' | 'inter_token_ms'): Panel => ({
    ...{ id, title },
    format: shortTime,
    unit: timeUnit(Math.max(...samples.map((sample) => sample[of]?.p95 ?? 0))),
    lines: [
      area(samples, words.p50, (sample) => sample[of]?.p50 ?? null),
      { ...line(samples, words.p95, '--ink-2', (sample) => sample[of]?.p95 ?? null), isDashed: true },
    ],
  });
  return [
    panel('ttft', words.ttft, 'ttft_ms'),
    panel('queue-wait', words.queueWait, 'queue_wait_ms'),
    panel('inter-token', words.interToken, 'inter_token_ms'),
  ];
}

function machinePanels({ samples, machine: { cpu, memory } }: Past, words: Words): readonly Panel[] {
  const cached: Value = ({ cached_tokens, prompt_tokens }) =>
    prompt_tokens === 0 ? null : cached_tokens / prompt_tokens;
  return [
    {
      id: 'cache',
      title: words.cache,
      format: percent,
      most: 1,
      lines: [area(samples, words.cached, cached)],
    },
    {
      id: 'cpu',
      title: words.cpu,
      note: `${words.cores(String(cpu.cores))}, ${words.process(percent(cpu.process))}`,
      format: percent,
      most: 1,
      lines: [area(samples, words.machine, (sample) => sample.cpu)],
    },
    {
      id: 'memory',
      title: words.memory,
      note: words.ofTotal(bytes(memory.used_bytes), bytes(memory.total_bytes)),
      format: bytes,
      unit: samples.every(({ memory_bytes }) => memory_bytes < 2 ** 30) ? 2 ** 20 : 2 ** 30,
      lines: [area(samples, 'chatstream', ({ memory_bytes }) => memory_bytes)],
    },
  ];
}

function gpuPanels({ samples, machine: { gpus } }: Past, words: Words): readonly Panel[] {
  return [
    {
      id: 'gpu',
      title: words.gpu,
      note: [...new Set(gpus.map(({ name }) => name))].join(', '),
      format: percent,
      most: 1,
      lines: [area(samples, words.use, (sample) => sample.gpu?.used ?? null)],
    },
    {
      id: 'gpu-memory',
      title: words.gpuMemory,
      format: bytes,
      most: gpus.reduce((sum, { memory_total_bytes }) => sum + memory_total_bytes, 0),
      lines: [area(samples, words.used, (sample) => sample.gpu?.memory_used_bytes ?? null)],
    },
    // The bar above the charts counts them, too. This one fills the grid.
    {
      id: 'restarts',
      title: words.restarts,
      format: brief,
      lines: [line(samples, words.restart, '--bad', ({ engine_restarts }) => engine_restarts)],
    },
  ];
}

function line(samples: readonly HistorySample[], label: string, colour: string, value: Value): Line {
  return { label, colour, values: samples.map(value) };
}

/** The line that a panel is about. */
function area(samples: readonly HistorySample[], label: string, value: Value): Line {
  return { ...line(samples, label, '--accent', value), isFilled: true };
}

/** The longest unit of time that is not longer than a time, in milliseconds: an hour, a minute, or less. */
function timeUnit(ms: number): number {
  return [3_600_000, 60_000].find((unit) => unit <= ms) ?? 1;
}
