import type { Lengths } from '../../measurement/lengths.js';
import type { Objective } from '../../measurement/objectives.js';

/** The route that every request goes to. */
export const requestsPath = '/v1/chat/completions';

export const arrivals = ['poisson', 'constant', 'burst'] as const;

/** How requests of an open loop are spread over time. `burst`: once a second as many as a second is due. */
export type Arrival = (typeof arrivals)[number];

/** Who decides when the next request is sent. */
export type Load =
  /** So many clients, each of which sends its next request when its last one has been answered. */
  | { readonly type: 'closed'; readonly concurrency: readonly number[] }
  /** A schedule, whatever the answers do. */
  | { readonly type: 'open'; readonly rate: number; readonly arrival: Arrival };

/** Where requests go. */
export type TargetOptions =
  /** A server that runs already. */
  | { readonly type: 'url'; readonly url: string }
  /** A child process of our own. */
  | {
      readonly type: 'own';
      /** `chatstream serve` with everything but what the bench sets itself, as for `spawn`. */
      readonly command: readonly string[];
      /** What of it was asked for, for the result. */
      readonly serverFlags: Readonly<Record<string, string | number>>;
    };

/** Where prompts come from. */
type PromptSource =
  { readonly type: 'synthetic'; readonly inputTokens: Lengths } | { readonly type: 'file'; readonly path: string };

/** One bench, with every default filled in. */
export interface BenchOptions {
  readonly target: TargetOptions;
  /** A second server, measured in turns with the first. */
  readonly versus: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: the first that `/v1/models` lists. */
  readonly modelName: string | null;
  readonly extraBody: Readonly<Record<string, unknown>> | null;

  readonly load: Load;
  /** Server settings to sweep; null: 1, 2, 4, … up to the concurrency, where the server lets itself be told. */
  readonly maxConcurrency: readonly number[] | null;
  /** Where that sweep ends in an open loop, which has no concurrency of its own. */
  readonly sweepUpTo: number;
  /** Milliseconds per setting; null with `requests`. */
  readonly durationMs: number | null;
  readonly requests: number | null;
  readonly warmupMs: number;
  readonly trials: number;
  readonly seed: number;
  readonly timeoutMs: number;
  /** Threads that send; null chooses by the load. */
  readonly workers: number | null;

  readonly prompts: PromptSource;
  readonly outputTokens: Lengths;
  /** Tokens that all prompts begin with. */
  readonly sharedPrefixTokens: number;
  readonly objectives: readonly Objective[];
  /** JSONL file for every single request. */
  readonly samplesPath: string | null;
  /** This package's version. */
  readonly version: string;
}
