import { type ChildProcess, fork, type ForkOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { type ChatstreamError, messageOf } from '../../base/errors.js';
import { compiledFile } from '../../base/processes/compiled-file.js';
import { environmentWithoutSecrets } from '../../base/processes/environment.js';
import type { Demands, EngineInfo, GenerationSpec, Prepared, PromptSource, Round, Token } from '../engine.js';
import type { EngineOptions } from '../options.js';
import type { ProcessRole } from '../process-role.js';
import type { TokenSpelling } from '../token-spelling.js';
import type { TokenizeOptions } from '../tokenize-options.js';
import { endOf, type EngineChild, type EngineExit, exitError, isStackFrame, neverSpawned } from './engine-child.js';
import { type EngineMessage, fromWire, type HostMessage, isEngineMessage } from './messages.js';
import { OpenCalls } from './open-calls.js';
import { NumberedGenerations } from './round-messages.js';
import { type SlowStart, slowStartMs, StartWatch } from './start-watch.js';

/** A little longer than the host gives itself to free the model. */
const defaultStopDeadlineMs = 5000;

/** Lines of stderr kept to explain a crash. */
const lastLinesKept = 20;

/** A line that an engine process wrote. It belongs in the log: our own output is for the command's result. */
export interface EngineLine {
  readonly role: ProcessRole;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface EngineProcessOptions {
  readonly engine: EngineOptions;
  /** By default `engine`. */
  readonly role?: ProcessRole;
  readonly log?: (line: EngineLine) => void;
  /** Called every 30 s while a start is not over. */
  readonly onSlowStart?: (role: ProcessRole, pid: number | null, slow: SlowStart) => void;
  /** Variables that a process that generates gets in addition to ours, such as those that choose a GPU. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The script that the process runs; by default the host of the real engines. */
  readonly entry?: string;
  /** How long the process may take to end after `stop` before it is killed, in milliseconds; 5000 by default. */
  readonly stopDeadlineMs?: number;
  /** How often a start that is not over is reported, in milliseconds; 30,000 by default. */
  readonly slowStartMs?: number;
  /** Creates the process; by default Node's `fork`. */
  readonly fork?: (entry: string, options: ForkOptions) => ChildProcess;
}

interface Starting {
  readonly resolve: (info: EngineInfo) => void;
  readonly reject: (error: ChatstreamError) => void;
}

/**
 * An engine in a separate process, for as long as that process lives. When it dies, its generations report nothing
 * more and its open calls reject with `engine_failed`. Starting a new process is up to the supervisor.
 */
export class EngineProcess implements EngineChild {
  readonly role: ProcessRole;
  readonly exited: Promise<EngineExit>;
  readonly #options: EngineProcessOptions;
  /** Null if even the attempt to create the process was impossible. */
  readonly #child: ChildProcess | null;
  readonly #rounds = new Emitter<Round>();
  readonly #calls = new OpenCalls();
  /**
   * Generations that run and were not cancelled. Cancelling takes effect here at once, but in the engine process only
   * when the message arrives there: until then its rounds still report the cancelled generation.
   */
  readonly #live = new NumberedGenerations();
  readonly #lastLines: string[] = [];
  readonly #startWatch: StartWatch;
  #starting: Starting | null = null;
  #alive = true;
  #messages = 0;

  /**
   * Spawns the process, which loads nothing before {@link start}. If that fails, it counts as a process that has ended.
   */
  constructor(options: EngineProcessOptions) {
    this.#options = options;
    this.role = options.role ?? 'engine';
    this.#startWatch = new StartWatch(options.slowStartMs ?? slowStartMs, systemClock, (slow) => {
      options.onSlowStart?.(this.role, this.pid, slow);
    });
    const spawned = this.#spawn();
    this.#child = spawned instanceof Error ? null : spawned;
    this.exited = this.#watch(spawned instanceof Error ? Promise.resolve(neverSpawned(spawned)) : endOf(spawned));
    this.#child?.on('message', (message) => {
      if (this.#alive && isEngineMessage(message)) this.#receive(message);
    });
    this.#pipe('stdout', this.#child?.stdout);
    this.#pipe('stderr', this.#child?.stderr);
  }

  #spawn(): ChildProcess | Error {
    const { entry = fileURLToPath(compiledFile(import.meta.url, './host.js')) } = this.#options;
    const create = this.#options.fork ?? ((module, forkOptions) => fork(module, [], forkOptions));
    try {
      return create(entry, {
        env: { ...engineEnvironment(process.env, this.role), ...(this.role === 'engine' && this.#options.variables) },
        // Arguments of the debugger or the test runner are not meant for it.
        execArgv: [],
        // CPU per round on Node 20, both ends together, for rounds of 1, 8 and 500 token events sent back to back: 14,
        // 22 and 380 µs as JSON, 21, 25 and 590 µs in the 'advanced' format (before tokens were sent in columns).
        // Everything in a round can be written as JSON.
        serialization: 'json',
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
    } catch (error) {
      // Some errors of the operating system are thrown (ENOMEM), others are events (EAGAIN, EMFILE).
      return error instanceof Error ? error : new Error(messageOf(error));
    }
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

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
      this.#startWatch.begin();
      this.#send({ type: 'start', role: this.role, options: this.#options.engine });
    });
  }

  prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    const send = (call: number): void => {
      this.#send({ type: 'prepare', call, source, ...(demands !== undefined && { demands }) });
    };
    return this.#calls.prepared({ send, drop: this.#drop }, signal);
  }

  tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]> {
    const send = (call: number): void => {
      this.#send({ type: 'tokenize', call, text, ...(options !== undefined && { options }) });
    };
    return this.#calls.tokens({ send, drop: this.#drop }, signal);
  }

  detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    const send = (call: number): void => {
      this.#send({ type: 'detokenize', call, tokens });
    };
    return this.#calls.text({ send, drop: this.#drop }, signal);
  }

  spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    const send = (call: number): void => {
      this.#send({ type: 'spell', call, tokens });
    };
    return this.#calls.spellings({ send, drop: this.#drop }, signal);
  }

  generate(spec: GenerationSpec): void {
    const number = this.#live.add(spec.id);
    this.#send({ type: 'generate', spec: { ...spec, id: String(number) } });
  }

  cancel(id: string): void {
    const number = this.#live.remove(id);
    if (number !== undefined) this.#send({ type: 'cancel', id: String(number) });
  }

  /** Asks the process to end and kills it at the deadline. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#send({ type: 'stop' });
    const cancelTimer = systemClock.schedule(this.#options.stopDeadlineMs ?? defaultStopDeadlineMs, () => {
      this.kill();
    });
    await this.exited;
    cancelTimer();
  }

  kill(): void {
    if (this.pid !== null) this.#child?.kill('SIGKILL');
  }

  readonly #drop = (call: number): void => {
    this.#send({ type: 'drop', call });
  };

  #send(message: HostMessage): void {
    // A message that can no longer be sent needs no error: when the process ends, everything open ends with it.
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }

  #receive(message: EngineMessage): void {
    this.#messages += 1;
    switch (message.type) {
      case 'round':
        this.#rounds.emit(this.#live.unpackRound(message));
        return;
      case 'tokens':
      case 'text':
      case 'spellings':
      case 'prepared':
      case 'call_failed':
        this.#calls.settle(message);
        return;
      case 'loading':
        this.#startWatch.progressed(message.loading);
        return;
      case 'started':
        this.#startWatch.end();
        this.#starting?.resolve(message.info);
        return;
      case 'start_failed':
        this.#startWatch.end();
        this.#starting?.reject(fromWire(message.error));
        return;
      case 'heartbeat':
        return;
    }
  }

  /** @param readable missing if the process could not be spawned, whatever Node's types say */
  #pipe(stream: EngineLine['stream'], readable: Readable | null | undefined): void {
    if (readable === null || readable === undefined) return;
    createInterface({ input: readable }).on('line', (text) => {
      this.#options.log?.({ role: this.role, stream, text });
      if (stream === 'stdout' || isStackFrame(text)) return;
      this.#lastLines.push(text);
      if (this.#lastLines.length > lastLinesKept) this.#lastLines.shift();
    });
  }

  async #watch(end: ReturnType<typeof endOf>): Promise<EngineExit> {
    const exit = { ...(await end), lastLines: this.#lastLines };
    this.#alive = false;
    this.#startWatch.end();
    const error = exitError(exit, this.role);
    this.#starting?.reject(error);
    this.#calls.rejectAll(error);
    return exit;
  }
}

/** Makes malloc ask for pages of 2 MiB, which Linux grants on request (`madvise`, the usual setting). */
const hugePages = 'glibc.malloc.hugetlb=1';

/**
 * The environment of an engine process: ours without secrets and without the variables of our flags, which it gets in a
 * message, and without an empty `CI`, with which node-llama-cpp refuses to load. Two settings must be there when it starts. They are
 * of use only where weights are read.
 *
 * - node-llama-cpp decodes on libuv's thread pool. With one thread in it, decoding on a CPU is two to three times faster.
 * - Every token reads all weights. From huge pages that is 4 to 5 % faster (a model of 230 MB in q4_0, one compute thread).
 *   glibc before 2.35 and other C libraries ignore the setting.
 */
export function engineEnvironment(environment: NodeJS.ProcessEnv, role: ProcessRole = 'engine'): NodeJS.ProcessEnv {
  const tunables = environment['GLIBC_TUNABLES'];
  const passedOn = Object.entries(environmentWithoutSecrets(environment)).filter(
    ([name, value]) => !name.startsWith('CHATSTREAM_') && !(name === 'CI' && value === ''),
  );
  if (role === 'prompts') return Object.fromEntries(passedOn);
  return {
    ...Object.fromEntries(passedOn),
    UV_THREADPOOL_SIZE: '1',
    // The last one counts, so the user's own setting wins.
    GLIBC_TUNABLES: tunables === undefined || tunables === '' ? hugePages : `${hugePages}:${tunables}`,
  };
}
