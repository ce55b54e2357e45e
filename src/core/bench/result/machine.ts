import { execFile } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { environmentWithoutSecrets } from '../../base/processes/environment.js';
import type { Machine } from '../../measurement/result-schema.js';

/** The longest time to wait for the driver, which must not hold up a bench. */
const askDriverMs = 3000;

/** The machine on which the load generator runs, and its own server if it has started one. */
export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    os: `${type()} ${release()}`,
    gpus: await gpuNames(),
  };
}

/** NVIDIA's driver comes with a program that lists its devices; for other GPUs no such program can be relied on. */
async function gpuNames(): Promise<string[]> {
  try {
    const args = ['--query-gpu=name', '--format=csv,noheader'];
    const { stdout } = await promisify(execFile)('nvidia-smi', args, {
      timeout: askDriverMs,
      env: environmentWithoutSecrets(process.env),
    });
    return stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  } catch {
    return [];
  }
}
