import { Flags, type Interfaces } from '@oclif/core';
import { ChatstreamError } from '../../../core/base/errors.js';
import type { EngineName, GpuChoice } from '../../../core/engine/options.js';
import { type DeviceVariables, deviceVariables } from '../../../core/executor/replicas/device-variables.js';
import type { Replication } from '../../../core/executor/replicas/replication.js';
import { defaultInWords } from '../../flags/flags.js';

/** No machine has devices or cores to spare for more processes. */
const mostReplicas = 64;

const model = { helpGroup: 'MODEL' };

/** The flags for several engines with one model. */
export const replicaFlags = {
  replicas: Flags.integer({
    ...model,
    ...defaultInWords('1, or one for each of --devices'),
    summary: 'Engines for each model, which share its slots, threads and the memory of its prompt cache.',
    min: 1,
    max: mostReplicas,
  }),
  devices: Flags.string({
    ...model,
    summary: 'Numbers of GPUs, such as 0,1: an engine on each, with a copy of each model.',
  }),
};

/** The flags that decide how many engines there are, and which devices they use. */
interface ReplicaFlags extends Interfaces.InferredFlags<typeof replicaFlags> {
  readonly engine: EngineName;
  readonly gpu: GpuChoice;
  readonly threads: number | 'auto';
}

/**
 * The engines that --replicas and --devices describe.
 *
 * @param slots of all engines together
 * @returns null for one engine on any device that it finds
 * @throws ChatstreamError `usage`
 */
export function replicationOf(
  flags: ReplicaFlags,
  slots: number,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Replication | null {
  const variables = flags.devices === undefined ? null : variablesOf(flags, flags.devices, environment);
  const count = variables?.length ?? flags.replicas ?? 1;
  if (flags.replicas !== undefined && flags.replicas !== count) {
    throw new ChatstreamError('usage', `--replicas ${flags.replicas} contradicts --devices, which has ${count}.`, {
      hint: 'Leave out --replicas: there is one engine for each device.',
    });
  }
  if (slots < count) {
    throw new ChatstreamError(
      'usage',
      `${count} engines cannot share ${slots === 1 ? 'one slot' : `${slots} slots`}.`,
      {
        hint: `Raise --max-concurrency to at least ${count}: it is the number for all engines together.`,
      },
    );
  }
  if (flags.engine === 'llama' && flags.threads !== 'auto' && flags.threads < count) {
    throw new ChatstreamError('usage', `--threads ${flags.threads} is not enough for ${count} engines.`, {
      hint: 'It is the number for all engines together: raise it, or leave it out.',
    });
  }
  if (variables !== null) return { variables, needsDevice: true };
  return count === 1 ? null : { variables: Array.from({ length: count }, () => ({})), needsDevice: false };
}

function variablesOf(
  { engine, gpu }: ReplicaFlags,
  devices: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly DeviceVariables[] {
  if (engine === 'mock') {
    throw new ChatstreamError('usage', '--devices has no effect with --engine mock.', { hint: 'Use --replicas.' });
  }
  return deviceVariables(devices, gpu, environment);
}
