import { ChatstreamError } from '../../base/errors.js';
import type { NatsOptions } from '../../bus/nats-access.js';
import type { FindMaxBy } from '../../measurement/result-schema.js';
import type { Objective } from '../../measurement/settings/objectives.js';
import type { ConversationShape } from '../../measurement/workload/conversation-shape.js';
import type { AnswerForm } from '../../measurement/workload/endpoints.js';
import type { Lengths } from '../../measurement/workload/lengths.js';
import type { AbortRule } from './abort-rules.js';
import type { CancelOptions } from './cancel.js';
import type { PromptSource } from './prompt-source.js';
import { serverAddressOf } from './server-address.js';
import type { RateStage } from './stages.js';
import type { Tenant } from './tenants.js';
import type { TraceReplay } from './trace.js';

export const arrivals = ['poisson', 'constant', 'burst'] as const;

/** Requests with gaps that have a gamma distribution. */
interface GammaArrival {
  readonly type: 'gamma';
  /** Standard deviation of the gaps over their mean, above 0; 1 is Poisson, above it requests come in clusters. */
  readonly cv: number;
}

/** How requests of an open loop are spread over time. `burst`: all requests of a second at its beginning. */
export type Arrival = (typeof arrivals)[number] | GammaArrival;

/** What decides when the next request is sent. */
export type Load =
  /** A number of clients, each of which sends its next request when its last one has been answered. */
  | { readonly type: 'closed'; readonly concurrency: readonly number[] }
  /** A schedule, which does not depend on the answers. */
  | {
      readonly type: 'open';
      readonly rates: readonly number[];
      readonly arrival: Arrival;
      /** A rate that changes; `rates` then has its mean. */
      readonly stages?: readonly RateStage[];
      /** Requests that are due wait while this many are in flight. */
      readonly maxInFlight?: number;
    };

/** Where requests go. */
export type TargetOptions =
  /** A server that is already running. */
  | { readonly type: 'url'; readonly url: string }
  /** A child process of our own. */
  | {
      readonly type: 'own';
      /** `chatstream serve` with everything but the settings of the bench itself, as for `spawn`. */
      readonly command: readonly string[];
      /** The flags of it that the user set, for the result. */
      readonly serverFlags: Readonly<Record<string, string | number>>;
    };

/** A setting that is measured for longer than planned, so that its median can be shown. */
export interface PlannedExtension {
  /** The number of completed requests of the setting, in all trials together, up to which its runs continue. */
  readonly requests: number;
  /** The latest time at which requests of a run begin, in milliseconds after the warm-up. */
  readonly longestMs: number;
}

/** What `--find-max` can raise. */
export const findMaxQuantities = ['rate', 'concurrency', 'max-concurrency'] as const satisfies readonly FindMaxBy[];

/** What `--find-max` searches for. */
export interface FindMaxOptions {
  /** Each with a percentile. */
  readonly objectives: readonly Objective[];
  /** The quantity that is raised. */
  readonly by: FindMaxBy;
  /** How far the ends of the interval may be from the limit, as a share of it. */
  readonly precision: number;
  /** The load to begin with: requests per second, clients, or max-concurrency. */
  readonly start: number;
}

/** The machines that send the load together. */
export interface AgentsOptions {
  readonly count: number;
  readonly nats: Omit<NatsOptions, 'name'>;
}

/** One bench, with every default filled in. */
export interface BenchOptions {
  readonly target: TargetOptions;
  /** A second server, measured alternately with the first. */
  readonly versus: string | null;
  /** Whether the two are measured at the same time instead. */
  readonly duet: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** File with certificates to trust besides those of the well-known authorities; null: no others. */
  readonly caPath: string | null;
  /** Accepts any certificate. */
  readonly insecure: boolean;
  /** Null: the first model that `/v1/models` lists. */
  readonly modelName: string | null;
  /** The endpoint to request, and whether to request streams. */
  readonly form: AnswerForm;
  readonly extraBody: Readonly<Record<string, unknown>> | null;
  /** Parameters of ours that are not sent. */
  readonly omittedParams: readonly string[];

  readonly load: Load;
  /** Searches for the highest load; null: measures the loads above. */
  readonly findMax: FindMaxOptions | null;
  /** Rules that end a run before its time. */
  readonly abortOn: readonly AbortRule[];
  /** Server settings to sweep; null: 1, 2, 4, … up to the concurrency, if the server's can be set and there are not several rates. */
  readonly maxConcurrency: readonly number[] | null;
  /** Where that sweep ends in an open loop, which has no concurrency of its own. */
  readonly sweepUpTo: number;
  /** Whether the user set it; absent: no. */
  readonly isSweepGiven?: boolean;
  /** Milliseconds per setting; null with `requests`. */
  readonly durationMs: number | null;
  readonly requests: number | null;
  /** How a setting continues beyond `durationMs`; null: it does not. */
  readonly extension: PlannedExtension | null;
  readonly warmupMs: number;
  /** The largest number of trials. */
  readonly trials: number;
  /** Fewer than `trials`: more are added until the gate can decide. */
  readonly leastTrials: number;
  /** No trial begins later than this, in milliseconds from the first; null: no limit. */
  readonly maxDurationMs: number | null;
  readonly seed: number;
  /**
   * Changes the words of synthetic prompts, but neither their lengths nor when they are sent; 0: the words of the seed.
   */
  readonly promptSalt: number;
  readonly timeoutMs: number;
  /** Clients that leave; null: all wait for their answers. */
  readonly cancel: CancelOptions | null;
  /** One-token requests per second beside the load; null: none. */
  readonly probeRate: number | null;
  /** How long a running server may take to answer its first request; null: it has to answer at once. */
  readonly waitReadyMs: number | null;
  /** Threads that send, on each machine; null: as many as the load needs. */
  readonly workers: number | null;
  /** Other machines that send instead of this one; null: this one does. */
  readonly agents: AgentsOptions | null;

  readonly prompts: PromptSource;
  /** How chats continue after their first message. */
  readonly conversations: ConversationShape;
  /** The tenants that load the server together, with loads of their own; empty: all requests are alike. */
  readonly tenants: readonly Tenant[];
  /** Requests and times of a trace, instead of prompts and arrivals; null: no trace. */
  readonly trace: TraceReplay | null;
  readonly outputTokens: Lengths;
  /** Tokens that all prompts begin with. */
  readonly sharedPrefixTokens: number;
  readonly objectives: readonly Objective[];
  /** JSONL file with a line for every request; null: none. */
  readonly samplesPath: string | null;
  /** The command that repeats the bench, without keys; null if no command started it. */
  readonly command: string | null;
  /** This package's version. */
  readonly version: string;
}

/**
 * Checks that two servers to be compared are both running, and are not the same.
 *
 * @throws ChatstreamError `usage`
 */
export function checkVersus({ target, versus }: Pick<BenchOptions, 'target' | 'versus'>): void {
  if (versus === null) return;
  if (target.type !== 'url') {
    throw new ChatstreamError('usage', '--versus compares two running servers, but --url names no candidate.', {
      hint: 'Start the candidate with chatstream serve, and name it with --url; --versus names the baseline.',
    });
  }
  const candidate = serverAddressOf(target.url);
  const baseline = serverAddressOf(versus);
  if (candidate.baseUrl === baseline.baseUrl && candidate.query === baseline.query) {
    throw new ChatstreamError('usage', `--url and --versus both name ${candidate.baseUrl}.`, {
      hint: 'Start the baseline as a separate server, on another port, and name it with --versus.',
    });
  }
}
