import { untilAborted } from '../../base/abort.js';
import type { Trust } from '../client/transport.js';
import type { BenchOptions, TargetOptions } from '../plan/options.js';
import { serverAddressOf } from '../plan/server-address.js';
import { probed, type RequestOptions } from './probe.js';
import { openTarget, type Target, type TargetHooks } from './target.js';
import { deadlineIn, waitUntilAnswering, waitUntilListening } from './wait-ready.js';

type Asked = Pick<BenchOptions, 'headers' | 'modelName' | 'waitReadyMs'> & RequestOptions;

/**
 * Like {@link openTarget}, but waits until a running server is ready, if it is given time. A server that is started for
 * the bench is waited for in any case.
 *
 * @throws ChatstreamError `target_unreachable`, or the signal's reason; then nothing is left running
 */
export async function openReadyTarget(
  options: TargetOptions,
  asked: Asked,
  trust: Trust,
  hooks: TargetHooks,
): Promise<Target> {
  const { waitReadyMs } = asked;
  if (options.type === 'own' || waitReadyMs === null) return await openTarget(options, asked, trust, hooks);
  const { baseUrl } = serverAddressOf(options.url);
  const { signal } = hooks;
  hooks.onWait?.(baseUrl);
  const deadline = deadlineIn(waitReadyMs);
  await untilAborted(waitUntilListening(options.url, asked, trust, deadline, signal), signal);
  const target = await openTarget(options, asked, trust, hooks);
  await probed(target, asked, signal, (client, body) =>
    waitUntilAnswering(client, body, target.description.url, deadline, signal),
  );
  return target;
}
