import { networkInterfaces } from 'node:os';
import { microsNow } from '../../base/micros.js';
import { runForLines } from '../../base/processes/line-program.js';

/** One GPU at one moment; null if the driver does not say. */
export interface GpuReading {
  readonly atUs: number;
  readonly gpu: number;
  readonly usePercent: number | null;
  readonly memoryBytes: number | null;
}

const query = ['--query-gpu=index,utilization.gpu,memory.used', '--format=csv,noheader,nounits', '--loop=1'];

const mebibyte = 2 ** 20;

/**
 * Reads the use and memory of all GPUs every second, if the program of NVIDIA's driver exists. Most machines do not
 * have this program, and there is nothing to read.
 *
 * @param program for tests
 * @returns a function that stops it
 */
export function watchGpus(onReading: (reading: GpuReading) => void, program = 'nvidia-smi'): () => void {
  const onLine = (line: string): void => {
    const [gpu = NaN, use = NaN, memory = NaN] = line.split(',').map((field) => Number.parseFloat(field));
    if (!Number.isInteger(gpu)) return;
    onReading({
      atUs: microsNow(),
      gpu,
      usePercent: Number.isFinite(use) ? use : null,
      memoryBytes: Number.isFinite(memory) ? memory * mebibyte : null,
    });
  };
  return runForLines(program, query, { onLine });
}

/** Whether a URL leads to this machine. */
export function isOnThisMachine(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'unix:') return true;
  const host = hostname.replace(/^\[|\]$/g, '');
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return (
    host === 'localhost' || host === '::1' || host.startsWith('127.') || own.some(({ address }) => address === host)
  );
}
