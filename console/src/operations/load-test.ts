import { signal } from '@preact/signals';
import { ApiError, callJson } from '../api/client.js';
import { type Decoded, DecodeError, type Decoder, nullable, number, object, string } from '../api/decode.js';

/** What can be asked of a load test; the server's own bounds. */
export const bounds = {
  clients: { min: 1, max: 64 },
  duration_s: { min: 1, max: 120 },
  output_tokens: { min: 1, max: 1024 },
} as const;

export type LoadPlan = Readonly<Record<keyof typeof bounds, number>> & {
  /** Left out where the server has one model. */
  readonly model?: string;
};

const status = object({ status: string });
const started = {
  clients: number,
  duration_s: number,
  output_tokens: number,
  model: nullable(string),
  started_at_ms: number,
  figures: nullable(
    object({
      phase: string,
      elapsed_ms: number,
      planned_ms: nullable(number),
      completed: number,
      in_flight: number,
      failed: number,
      output_tokens_per_second: number,
      ttft_ms: object({ p50: nullable(number), p95: nullable(number) }),
    }),
  ),
};
const running = object(started);
const ended = object({ ...started, problem: nullable(string), report: nullable(string) });

export type RunningLoad = { readonly status: 'running' | 'stopping' } & Decoded<typeof running>;
export type EndedLoad = { readonly status: 'completed' | 'stopped' | 'failed' } & Decoded<typeof ended>;
export type LoadTest = { readonly status: 'none' } | RunningLoad | EndedLoad;

const decode: Decoder<LoadTest> = (value) => {
  const { status: name } = status(value);
  switch (name) {
    case 'none':
      return { status: name };
    case 'running':
    case 'stopping':
      return { status: name, ...running(value) };
    case 'completed':
    case 'stopped':
    case 'failed':
      return { status: name, ...ended(value) };
    default:
      throw new DecodeError(`status: unknown ${JSON.stringify(name)}`);
  }
};

/** The load test that runs, or the last one; undefined where the reader may neither start one nor shut the server down. */
export const loadTest = signal<LoadTest | undefined>(undefined);

const path = 'v1/load-test';

/** Asks the server how its load test stands. */
export async function readLoadTest(): Promise<void> {
  try {
    loadTest.value = await callJson(path, decode);
  } catch (error) {
    // Without a connection, the banner of the page says so, and what was known stays.
    if (error instanceof ApiError) loadTest.value = undefined;
  }
}

/** @returns what the server says against it; null if it has begun */
export async function startLoadTest(plan: LoadPlan): Promise<string | null> {
  return change({ method: 'POST', body: plan });
}

/** @returns what went wrong; null if nothing did */
export async function stopLoadTest(): Promise<string | null> {
  return change({ method: 'DELETE' });
}

async function change(options: {
  readonly method: 'POST' | 'DELETE';
  readonly body?: LoadPlan;
}): Promise<string | null> {
  try {
    loadTest.value = await callJson(path, decode, options);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
