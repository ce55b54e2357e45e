import type { Progress } from '../../base/token-records.js';
import { ClientJob } from '../../inference/client-job.js';
import type { Timings } from '../../inference/request.js';
import type { Scheduler } from '../../scheduler/scheduler.js';
import type { RelayListener, RelayRequest } from './relay-request.js';

/** The line of one model. */
export interface ModelLine {
  /** The name by which clients request it; `*` for all models of upstreams that do not list theirs. */
  readonly model: string;
  readonly scheduler: Scheduler<RelayJob>;
}

/** What another server needs in order to continue an answer that has begun. */
interface ResumePoint {
  /** Names the answer. */
  readonly answer: string;
  /** All of its tokens that the client has received. */
  readonly tokens: number[];
  /** See `Progress`. */
  state: string | null;
}

/** The line for upstreams that are asked for any model that clients request. */
export const anyModel = '*';

/** One request on its way through the line and an upstream, with the times that it has taken so far, in milliseconds. */
export class RelayJob extends ClientJob<RelayRequest> {
  /** The name of the upstream that has it or had it last. */
  executor: string | null = null;
  /** Upstreams where it has failed. */
  readonly failedAt = new Set<string>();
  attempts = 0;
  /** Null before the first token, and where no other server can continue. */
  resumePoint: ResumePoint | null = null;
  /** When it lost its place, the first time since one of its tokens arrived; null if it has not. */
  unplacedSinceMs: number | null = null;
  /** Ends the attempt that runs; null between two attempts. */
  cancelAttempt: (() => void) | null = null;
  queueMs: number | null = null;
  startedMs = 0;
  firstTokenMs: number | null = null;
  /** 0 before the first token. */
  lastTokenMs = 0;
  override readonly isSilent: boolean;
  promptTokens: number;
  cachedTokens = 0;
  outputTokens = 0;

  constructor(
    request: RelayRequest,
    readonly listener: RelayListener,
    readonly line: ModelLine,
    arrivedMs: number,
    override readonly places: number,
  ) {
    super(request, request, arrivedMs);
    this.promptTokens = request.promptTokens;
    this.isSilent = request.isWhole === true;
  }

  get model(): string {
    return this.line.model;
  }

  /** More of the answer, after which another server can continue, has been passed on. */
  advance({ tokens, state }: Progress): void {
    if (this.resumePoint === null) return;
    for (const token of tokens) this.resumePoint.tokens.push(token);
    this.resumePoint.state = state ?? this.resumePoint.state;
  }

  timings(nowMs: number): Timings {
    const { queueMs, firstTokenMs, promptTokens, cachedTokens, outputTokens } = this;
    const tokens = { promptTokens, cachedTokens, outputTokens, reasoningTokens: 0 };
    if (queueMs === null) {
      const waitedMs = Number.isNaN(this.admittedMs) ? 0 : nowMs - this.admittedMs;
      return { queueMs: waitedMs, prefillMs: 0, decodeMs: 0, ...tokens };
    }
    if (firstTokenMs === null) return { queueMs, prefillMs: nowMs - this.startedMs, decodeMs: 0, ...tokens };
    const idleMs = nowMs - this.lastTokenMs;
    return {
      queueMs,
      prefillMs: firstTokenMs - this.startedMs,
      decodeMs: this.lastTokenMs - firstTokenMs,
      ...tokens,
      ...(idleMs > 0 && { idleMs }),
    };
  }
}
