import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { systemClock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import type { ChatstreamError } from '../../base/errors.js';
import type { Demands, EngineInfo, GenerationSpec, PromptSource, Round, Token } from '../engine.js';
import type { EngineOptions } from '../options.js';
import type { EngineChild } from './engine-child.js';
import { endOf } from './end-of-process.js';
import { engineEnvironment } from './engine-environment.js';
import { type EngineExit, exitError } from './engine-exit.js';
import { hostPath } from './host-path.js';
import { LiveRounds } from './live-rounds.js';
import { type EngineMessage, type HostMessage, isEngineMessage } from './messages.js';
import { OpenCalls } from './open-calls.js';
import { fromWire } from './wire-errors.js';

/** A little more than the host gives itself to free the model. */
const defaultStopDeadlineMs = 5000;

/** Lines of stderr kept for the report of a crash. */
const lastLinesKept = 20;

/** A line that the engine process wrote, for the log: ours belongs to the command's result. */
export interface EngineLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface EngineProcessOptions {
  readonly engine: EngineOptions;
  readonly log?: (line: EngineLine) => void;
  /** The script to run in the process; tests put their own here. */
  readonly entry?: string;
  /** Time that the process gets to end by itself after `stop`, in milliseconds; 5000 by default. */
  readonly stopDeadlineMs?: number;
}

interface Starting {
  readonly resolve: (info: EngineInfo) => void;
  readonly reject: (error: ChatstreamError) => void;
}

/**
 * An engine in a process of its own, for as long as that process lives. Generations of a process that died say nothing
 * more; calls of it reject with `engine_failed`. Bringing it back is the supervisor's work.
 */
export class EngineProcess implements EngineChild {
  /** Resolves when the process has ended, for whatever reason, and all that it said has been heard. Never rejects. */
  readonly exited: Promise<EngineExit>;
  readonly #options: EngineProcessOptions;
  readonly #child: ChildProcess;
  readonly #rounds = new Emitter<Round>();
  readonly #calls = new OpenCalls();
  readonly #liveRounds = new LiveRounds();
  readonly #lastLines: string[] = [];
  #starting: Starting | null = null;
  #alive = true;
  #messages = 0;

  /** Spawns the process; it loads nothing before {@link start}. */
  constructor(options: EngineProcessOptions) {
    this.#options = options;
    this.#child = fork(options.entry ?? hostPath(), [], {
      env: engineEnvironment(process.env),
      // The debugger's and the test runner's arguments are not for it.
      execArgv: [],
      // Measured on Node 20, both ends together, rounds of 1, 8 and 500 token events sent back to back: 14, 22 and 380 µs
      // of CPU per round as JSON, 21, 25 and 590 µs in the 'advanced' format. A round has nothing that JSON lacks.
      serialization: 'json',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message) => {
      if (this.#alive && isEngineMessage(message)) this.#receive(message);
    });
    this.#pipe('stdout', this.#child.stdout);
    this.#pipe('stderr', this.#child.stderr);
    this.exited = this.#watch();
  }

  /** Of the operating system; null if it could not be spawned. */
  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** False from the moment its end was noticed, before any call rejects for it. */
  get alive(): boolean {
    return this.#alive;
  }

  get messages(): number {
    return this.#messages;
  }

  get rounds(): Subscribable<Round> {
    return this.#rounds.subscribe;
  }

  start(): Promise<EngineInfo> {
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.#send({ type: 'start', options: this.#options.engine });
    });
  }

  prepare(source: PromptSource, demands?: Demands): Promise<readonly Token[]> {
    return this.#calls.tokens((call) => {
      this.#send({ type: 'prepare', call, source, ...(demands !== undefined && { demands }) });
    });
  }

  tokenize(text: string): Promise<readonly Token[]> {
    return this.#calls.tokens((call) => {
      this.#send({ type: 'tokenize', call, text });
    });
  }

  detokenize(tokens: readonly Token[]): Promise<string> {
    return this.#calls.text((call) => {
      this.#send({ type: 'detokenize', call, tokens });
    });
  }

  generate(spec: GenerationSpec): void {
    this.#liveRounds.begin(spec.id);
    this.#send({ type: 'generate', spec });
  }

  cancel(id: string): void {
    this.#liveRounds.cancel(id);
    this.#send({ type: 'cancel', id });
  }

  /** Asks it to end, and kills it if it has not by the deadline. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#send({ type: 'stop' });
    const cancelTimer = systemClock.schedule(this.#options.stopDeadlineMs ?? defaultStopDeadlineMs, () => {
      this.kill();
    });
    await this.exited;
    cancelTimer();
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: HostMessage): void {
    // What can no longer be sent needs no report: `exited` tells of the end, and of everything that was open with it.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(message: EngineMessage): void {
    this.#messages += 1;
    switch (message.type) {
      case 'round':
        this.#rounds.emit(this.#liveRounds.filter(message.round));
        return;
      case 'tokens':
      case 'text':
      case 'call_failed':
        this.#calls.settle(message);
        return;
      case 'started':
        this.#starting?.resolve(message.info);
        return;
      case 'start_failed':
        this.#starting?.reject(fromWire(message.error));
        return;
      case 'heartbeat':
        return;
    }
  }

  #pipe(stream: EngineLine['stream'], readable: Readable | null): void {
    if (readable === null) return;
    createInterface({ input: readable }).on('line', (text) => {
      this.#options.log?.({ stream, text });
      if (stream === 'stdout') return;
      this.#lastLines.push(text);
      if (this.#lastLines.length > lastLinesKept) this.#lastLines.shift();
    });
  }

  async #watch(): Promise<EngineExit> {
    const exit = { ...(await endOf(this.#child)), lastLines: this.#lastLines };
    this.#alive = false;
    const error = exitError(exit);
    this.#starting?.reject(error);
    this.#calls.rejectAll(error);
    return exit;
  }
}
