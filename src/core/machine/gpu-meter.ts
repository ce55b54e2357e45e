import type { CancelTimer, Clock } from '../base/clock.js';
import { member } from '../base/json.js';
import { runForLines, type Spawn } from '../base/processes/line-program.js';

/** An NVIDIA GPU at one moment. */
export interface Gpu {
  readonly name: string;
  /** 0 to 1; null if the card does not tell. */
  readonly used: number | null;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
}

/** How often the program reports, in seconds. */
const intervalSeconds = 2;

/** The program is ended when it has not been needed for this long, in milliseconds. */
const patienceMs = 30_000;

/** How long the first one who asks waits for a report, in milliseconds. */
const firstReportMs = 1500;

const mebibyte = 1024 * 1024;

/** The machine was short of descriptors, processes or memory, which is temporary. */
const passingErrors = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

/**
 * Reads the GPUs with `nvidia-smi`, which comes with NVIDIA's driver. Its start takes from a tenth of a second to several, so
 * it is not started for each reading: it runs while readings are asked for, and reports repeatedly. Where there is no such
 * program, that is found out once.
 */
export class GpuMeter {
  readonly #clock: Clock;
  readonly #program: string;
  readonly #spawn: Spawn | undefined;
  readonly #gpus = new Map<number, Gpu>();
  #isMissing = false;
  /** Ends the program that runs; null if none does. */
  #end: (() => void) | null = null;
  #first: Promise<void> = Promise.resolve();
  #cancelEnd: CancelTimer = () => undefined;

  /**
   * @param program the command to run
   * @param spawn for tests
   */
  constructor(clock: Clock, program = 'nvidia-smi', spawn?: Spawn) {
    this.#clock = clock;
    this.#program = program;
    this.#spawn = spawn;
  }

  /** The GPUs as last reported; none if there are none. Only the first call has to wait, at most 1.5 s. */
  async read(): Promise<readonly Gpu[]> {
    if (this.#isMissing) return [];
    this.#cancelEnd();
    this.#cancelEnd = this.#clock.schedule(patienceMs, () => {
      this.stop();
    });
    if (this.#end === null) this.#first = this.#start();
    await this.#first;
    return [...this.#gpus.values()];
  }

  stop(): void {
    this.#cancelEnd();
    this.#end?.();
    this.#end = null;
    this.#gpus.clear();
  }

  /** Resolves with the first report, or without one. */
  #start(): Promise<void> {
    const query = '--query-gpu=index,name,utilization.gpu,memory.used,memory.total';
    const args = [query, '--format=csv,noheader,nounits', '-l', String(intervalSeconds)];
    return new Promise((resolve) => {
      const cancelWait = this.#clock.schedule(firstReportMs, resolve);
      const done = (): void => {
        cancelWait();
        resolve();
      };
      const onLine = (line: string): void => {
        if (this.#end === end) this.#report(line);
        done();
      };
      const onEnd = (error: Error | null): void => {
        if (this.#end === end) {
          // There is no such program, or it has failed: there is no GPU that it could read, and there will be none.
          this.#isMissing = !isPassing(error);
          this.stop();
        }
        done();
      };
      const end = runForLines(this.#program, args, { onLine, onEnd }, this.#spawn);
      this.#end = end;
    });
  }

  #report(line: string): void {
    const [index = '', name = '', used, memoryUsed, memoryTotal] = line.split(',').map((part) => part.trim());
    const [percent, usedMib, totalMib] = [Number(used), Number(memoryUsed), Number(memoryTotal)];
    if (!/^\d+$/.test(index) || !Number.isFinite(usedMib + totalMib)) return;
    this.#gpus.set(Number(index), {
      name,
      used: Number.isFinite(percent) ? percent / 100 : null,
      memoryUsedBytes: usedMib * mebibyte,
      memoryTotalBytes: totalMib * mebibyte,
    });
  }
}

function isPassing(error: Error | null): boolean {
  return passingErrors.has(String(member(error, 'code')));
}
