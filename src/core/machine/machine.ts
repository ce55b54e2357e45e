import { freemem, totalmem } from 'node:os';
import type { Clock } from '../base/clock.js';
import { type Gpu, GpuMeter } from './gpu-meter.js';
import { type ProcessUsage, readProcessUsage } from './process-usage.js';
import { type ProcessorTimes, readProcessorTimes } from './processor-times.js';

/** The use of a machine at one moment, in total and by this program. Shares are from 0 to 1, sizes in bytes. */
export interface Resources {
  readonly cores: number;
  /** Share of all cores that was busy recently, in at least the last second. */
  readonly cpu: number;
  /** The same of this program, its engine included where that can be known. */
  readonly processCpu: number;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly processBytes: number;
  readonly gpus: readonly Gpu[];
}

/** A machine that can be asked how busy it is. */
export interface MeteredMachine {
  /** @param withGpus whether to include GPUs, which needs a separate process as long as they are requested */
  read(withGpus: boolean): Promise<Resources>;
  stop(): void;
}

/** Shares over a shorter time say little: the clock of processes has ticks of 10 ms. */
const leastSpanMs = 900;

interface Sample {
  readonly atMs: number;
  readonly processors: ProcessorTimes;
  readonly processes: readonly ProcessUsage[];
}

/** This machine. Nothing is measured until it is asked for; each reading takes three small files of the system. */
export class Machine implements MeteredMachine {
  readonly #clock: Clock;
  readonly #enginePids: () => readonly number[];
  readonly #gpus: GpuMeter;
  /** The oldest first; the first is as young as it can be to be compared with. */
  #samples: Sample[] = [];

  /** @param enginePids the processes of the engine that there are at the moment */
  constructor(clock: Clock, enginePids: () => readonly number[], gpus = new GpuMeter(clock)) {
    this.#clock = clock;
    this.#enginePids = enginePids;
    this.#gpus = gpus;
  }

  async read(withGpus: boolean): Promise<Resources> {
    const [processors, processes, gpus] = await Promise.all([
      readProcessorTimes(),
      readProcessUsage(this.#enginePids()),
      withGpus ? this.#gpus.read() : [],
    ]);
    const now = { atMs: this.#clock.now(), processors, processes };
    const isOldEnough = ({ atMs }: Sample): boolean => now.atMs - atMs >= leastSpanMs;
    const from = this.#samples.findLastIndex(isOldEnough);
    this.#samples = [...this.#samples.slice(Math.max(0, from)), now];
    const { cpu, processCpu } = sharesBetween(this.#samples[0] ?? now, now);
    const total = totalmem();
    return {
      ...{ cores: processors.cores, cpu, processCpu },
      totalBytes: total,
      usedBytes: total - freemem(),
      processBytes: processes.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
      gpus,
    };
  }

  stop(): void {
    this.#gpus.stop();
  }
}

/** Of no time, nothing is known: 0. */
function sharesBetween(from: Sample, to: Sample): { readonly cpu: number; readonly processCpu: number } {
  const total = to.processors.total - from.processors.total;
  const elapsedMs = to.atMs - from.atMs;
  const before = new Map(from.processes.map(({ pid, cpuMs }) => [pid, cpuMs]));
  // A process that is new started from nothing.
  const usedMs = to.processes.reduce((sum, { pid, cpuMs }) => sum + cpuMs - (before.get(pid) ?? 0), 0);
  return {
    cpu: total <= 0 ? 0 : share((to.processors.busy - from.processors.busy) / total),
    processCpu: elapsedMs <= 0 ? 0 : share(usedMs / (elapsedMs * to.processors.cores)),
  };
}

function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}
