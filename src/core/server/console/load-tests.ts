import { randomBytes } from 'node:crypto';

/** The load that a load test puts on this server: a number of clients, each with one request in flight. */
export interface LoadPlan {
  readonly clients: number;
  readonly durationSeconds: number;
  readonly outputTokens: number;
  /** The model to request, if there are several; null for the first that the server lists. */
  readonly model: string | null;
}

/** The progress of a load test. The figures are those of requests that were sent after its warm-up. */
export interface LoadFigures {
  readonly phase: 'warm-up' | 'measuring' | 'extending' | 'finishing';
  readonly elapsedMs: number;
  /** Warm-up and measurement together; null while unknown. */
  readonly plannedMs: number | null;
  readonly completed: number;
  readonly inFlight: number;
  /** Refused, failed and timed out together. */
  readonly failed: number;
  readonly outputTokensPerSecond: number;
  /** Null while too few requests have a first token. */
  readonly ttftP50Ms: number | null;
  readonly ttftP95Ms: number | null;
}

/** How the process of a load test ended. */
export interface LoadEnd {
  /** What went wrong, for people; null if nothing did. */
  readonly problem: string | null;
  /** The report as an HTML page; null if nothing was measured. */
  readonly report: string | null;
}

/** A load test that runs in another process, so that it takes no time from the server's own. */
export interface LoadProcess {
  /** Resolves when the process is gone. Never rejects. */
  readonly ended: Promise<LoadEnd>;
  /** Asks it to end early and report what has been measured by then. */
  readonly stop: () => void;
  /** Ends it at once, without a report. */
  readonly kill: () => void;
}

/** The parameters with which a load test is started. */
export interface LoadOrder extends LoadPlan {
  readonly url: string;
  /** Sent with its requests. */
  readonly apiKey: string;
  readonly onFigures: (figures: LoadFigures) => void;
}

export type StartLoad = (order: LoadOrder) => LoadProcess;

/** A key that only this process knows. */
export interface LentKey {
  readonly key: string;
  /** It is accepted no longer. */
  readonly takeBack: () => void;
}

interface Started {
  readonly plan: LoadPlan;
  /** Unix time in milliseconds. */
  readonly startedAtMs: number;
  /** Null until the first ones have come. */
  readonly figures: LoadFigures | null;
}

export type LoadState =
  | { readonly status: 'none' }
  | ({ readonly status: 'running' | 'stopping' } & Started)
  | ({
      readonly status: 'completed' | 'stopped' | 'failed';
      readonly problem: string | null;
      /** The id by which its report is requested; null if it has none. */
      readonly reportId: string | null;
    } & Started);

/** Load tests of this server by itself, one at a time. The result of the last one is kept in memory. */
export class LoadTests {
  readonly #start: StartLoad;
  readonly #lendKey: () => LentKey;
  #state: LoadState = { status: 'none' };
  #process: LoadProcess | null = null;
  #report: string | null = null;

  /** @param lendKey gives a key for the requests of one load test */
  constructor(start: StartLoad, lendKey: () => LentKey) {
    this.#start = start;
    this.#lendKey = lendKey;
  }

  get state(): LoadState {
    return this.#state;
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  /**
   * Starts a load test. None may be running.
   *
   * @param url of this server
   */
  begin(plan: LoadPlan, url: string): void {
    const { key, takeBack } = this.#lendKey();
    const onFigures = (figures: LoadFigures): void => {
      const { status } = this.#state;
      if (status === 'running' || status === 'stopping') this.#state = { ...this.#state, figures };
    };
    try {
      const started = this.#start({ ...plan, url, apiKey: key, onFigures });
      this.#process = started;
      this.#report = null;
      this.#state = { status: 'running', plan, startedAtMs: Date.now(), figures: null };
      void started.ended.then((end) => {
        takeBack();
        this.#process = null;
        this.#end(end);
      });
    } catch (error) {
      takeBack();
      throw error;
    }
  }

  /** Ends the load test that runs, if one does. */
  stop(): void {
    if (this.#process === null || this.#state.status !== 'running') return;
    this.#state = { ...this.#state, status: 'stopping' };
    this.#process.stop();
  }

  /** Ends it at once, because the server closes. Resolves when its process is gone. */
  async close(): Promise<void> {
    this.stop();
    this.#process?.kill();
    await this.#process?.ended;
  }

  /** The page with this id; null if there is none. */
  report(id: string): string | null {
    return 'reportId' in this.#state && this.#state.reportId === id ? this.#report : null;
  }

  #end({ problem, report }: LoadEnd): void {
    if (this.#state.status !== 'running' && this.#state.status !== 'stopping') return;
    const { status, plan, startedAtMs, figures } = this.#state;
    this.#report = report;
    this.#state = {
      status: status === 'stopping' ? 'stopped' : problem === null ? 'completed' : 'failed',
      ...{ plan, startedAtMs, figures },
      problem: status === 'stopping' ? null : problem,
      // A browser opens the report without a key, like any page. Anyone who knows the id has been shown it by someone
      // with a key.
      reportId: report === null ? null : randomBytes(24).toString('base64url'),
    };
  }
}
