import type {
  ClientHealth,
  Machine,
  Plan,
  QueueWaitSource,
  Run,
  Sweep,
  TargetDescription,
} from '../../../src/core/measurement/result-schema.js';

/** One setting in figures that a person would give. Times are medians of log-normal samples, in milliseconds. */
export interface SettingDescription {
  readonly concurrency?: number | null;
  readonly maxConcurrency?: number | null;
  readonly rate?: number | null;
  /** Completed requests per trial. */
  readonly completed?: number;
  readonly clientWaitMs?: number;
  readonly queueWaitMs?: number;
  readonly prefillMs?: number;
  readonly deliveryMs?: number;
  readonly tpotMs?: number;
  readonly outputTokens?: number;
  /** Standard deviation of the logarithms. */
  readonly spread?: number;
  /** Requests without an answer, by code, per trial. */
  readonly errors?: Readonly<Record<string, number>>;
  readonly examples?: Readonly<Record<string, string>>;
  readonly goodput?: number;
  readonly client?: Partial<ClientHealth>;
  /** How long it went on beyond 10 s. */
  readonly extendedSeconds?: number;
  readonly littlesLawError?: number;
  readonly outputTokensSource?: Run['output_tokens_source'];
  /** Overload, what is apart from the requests, stages, tenants, and who answered. */
  readonly beside?: Pick<
    Run,
    | 'overload'
    | 'filling_seconds'
    | 'undecided_seconds'
    | 'held_back'
    | 'cancelled'
    | 'probes'
    | 'stages'
    | 'executors'
    | 'tenants'
  >;
}

export interface ResultDescription {
  readonly settings: readonly SettingDescription[];
  readonly trials?: number;
  readonly queueWaitSource?: QueueWaitSource;
  readonly plan?: Partial<Plan>;
  readonly target?: Partial<TargetDescription>;
  readonly machine?: Partial<Machine>;
  readonly sweep?: Partial<Sweep>;
  readonly warnings?: readonly string[];
  readonly interrupted?: boolean;
  /** Adds a second server that was measured alternately with the first, with the same figures. */
  readonly versus?: Partial<TargetDescription>;
}
