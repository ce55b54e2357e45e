import { execFile } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import type { Machine } from '../../measurement/result-schema.js';

/** Asking the driver must not hold up a bench. */
const askDriverMs = 3000;

/** The machine that the load generator runs on; for a server of its own also the server's. */
export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    os: `${type()} ${release()}`,
    gpus: await gpuNames(),
  };
}

/** NVIDIA's driver comes with a program that lists its devices; others have none that is always there. */
async function gpuNames(): Promise<string[]> {
  try {
    const args = ['--query-gpu=name', '--format=csv,noheader'];
    const { stdout } = await promisify(execFile)('nvidia-smi', args, { timeout: askDriverMs });
    return stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  } catch {
    return [];
  }
}
