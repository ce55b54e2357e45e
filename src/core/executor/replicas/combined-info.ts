import { ChatstreamError } from '../../base/errors.js';
import type { EngineInfo } from '../../engine/engine.js';
import type { PromptCacheInfo } from '../../engine/prompt-cache-activity.js';
import type { Replica } from './replica.js';

type Described = Pick<Replica, 'hasOwnDevice'> & { readonly info: Pick<EngineInfo, 'device'> | null };

/** The description of several engines with the same model as one. */
export function combinedInfo(replicas: readonly Replica[]): EngineInfo {
  const infos = infosOf(replicas);
  const [first] = infos;
  if (first === undefined) throw new ChatstreamError('internal', 'None of the replicas has been loaded.');
  return {
    ...first,
    slots: replicas.reduce((sum, { places }) => sum + places, 0),
    device: combinedDevice(replicas),
    promptCache: combinedCache(infos.map(({ promptCache }) => promptCache)) ?? first.promptCache,
  };
}

/**
 * The devices as people read them.
 *
 * - `2 replicas on CUDA: NVIDIA H200` of replicas that share a device; those on a CPU may differ in their threads:
 *   `2 replicas on CPU (1 thread), 1 replica on CPU (2 threads)`;
 * - `2 × CUDA: NVIDIA H200` of replicas with a device each; `CUDA: NVIDIA H100, CUDA: NVIDIA H200` if these differ.
 */
export function combinedDevice(replicas: readonly Described[]): string {
  const counts = new Map<string, number>();
  for (const { device } of replicas.flatMap(({ info }) => info ?? []))
    counts.set(device, (counts.get(device) ?? 0) + 1);
  const isShared = replicas.length > 1 && !replicas.some(({ hasOwnDevice }) => hasOwnDevice);
  return Array.from(counts, ([device, count]) => {
    if (isShared) return `${count} ${count === 1 ? 'replica' : 'replicas'} on ${device}`;
    return count === 1 ? device : `${count} × ${device}`;
  }).join(', ');
}

/** @param device as an engine or several describe it, see {@link combinedDevice} */
export function isOnCpu(device: string): boolean {
  return /^(\d+ replicas? on )?CPU\b/.test(device);
}

/** Of the engines that have one; null if none has. */
function combinedCache(caches: readonly PromptCacheInfo[]): PromptCacheInfo | null {
  const inUse = caches.filter((cache) => cache.status === 'on');
  const [first] = inUse;
  return first === undefined
    ? null
    : { ...first, limitBytes: inUse.reduce((sum, { limitBytes }) => sum + limitBytes, 0) };
}

function infosOf(replicas: readonly Replica[]): readonly EngineInfo[] {
  return replicas.flatMap(({ info }) => info ?? []);
}
