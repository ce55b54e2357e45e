import { ChatstreamError } from '../../base/errors.js';
import type { EngineInfo, PromptCacheInfo } from '../../engine/engine.js';
import type { Replica } from './replica.js';

/** What several engines with the same model are together. */
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

/** `CPU (1 thread) × 2`, or `CUDA: A, CUDA: B` for different devices. */
export function combinedDevice(replicas: readonly Replica[]): string {
  const counts = new Map<string, number>();
  for (const { device } of infosOf(replicas)) counts.set(device, (counts.get(device) ?? 0) + 1);
  return [...counts].map(([device, count]) => (count === 1 ? device : `${device} × ${count}`)).join(', ');
}

/** Of those that have one; null if none has. */
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
