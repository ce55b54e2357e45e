import { Flags, type Interfaces } from '@oclif/core';
import { ChatstreamError } from '../../../core/base/errors.js';
import { queuePolicies } from '../../../core/scheduler/fair-line.js';
import type { ServeOptions } from '../../../core/serve/serve.js';
import { autoOrIntegerFlag, defaultDuration, defaultInWords, durationFlag } from '../../flags/flags.js';

/** Our limit for both engines. */
export const mostSlots = 512;

const queue = { helpGroup: 'QUEUE' };

/**
 * How long a request waits before it rises by a class, unless the queue's timeout would end its wait before it has
 * risen twice.
 */
const usualPatienceMs = 60_000;

/** The flags of the request queue and of the rounds. */
export const queueFlags = {
  'max-concurrency': Flags.integer({
    ...queue,
    char: 'n',
    summary: 'Generations that run at the same time: the size of the processing queue.',
    min: 1,
    max: mostSlots,
    default: 4,
  }),
  'max-queue': Flags.integer({
    ...queue,
    summary: 'Requests that may wait: the size of the request queue. With 0, a request that cannot start is rejected.',
    min: 0,
    max: 1_000_000,
    default: 64,
  }),
  'max-queued-tokens': Flags.integer({
    ...queue,
    ...defaultInWords('no limit'),
    summary:
      'Prompt tokens of all waiting requests together. A request that arrives when none is waiting is always accepted.',
    min: 1,
  }),
  'queue-policy': Flags.option({
    ...queue,
    ...defaultInWords('fair with --config or several keys, otherwise fifo'),
    summary: 'Which request starts next: that of the key with the least service so far, or the first to arrive.',
    options: queuePolicies,
  })(),
  'class-patience': durationFlag({
    ...queue,
    ...defaultInWords('60s, at most a third of --queue-timeout'),
    summary: 'With fair, the wait after which a request rises by a class; 0 treats all classes alike.',
  }),
  'preempt-batch-after': durationFlag({
    ...queue,
    summary: 'With fair, how long an interactive request waits until a running batch generation pauses for it.',
  }),
  'queue-timeout': durationFlag({
    ...queue,
    ...defaultDuration('60s'),
    summary: 'Longest wait in the queue; 0 means no limit.',
  }),
  'ttft-target': durationFlag({
    ...queue,
    summary: 'Refuse a request that would have to wait, if its first token is expected later than this.',
  }),
  slots: Flags.integer({
    ...queue,
    ...defaultInWords('--max-concurrency'),
    summary: 'Number of slots: how far --max-concurrency can be raised while the server runs.',
    min: 1,
    max: mostSlots,
  }),
  'prefill-chunk': autoOrIntegerFlag({
    ...queue,
    summary:
      'Prompt tokens that one round may process along with the running generations; auto: 512 on a GPU, otherwise 128.',
    min: 1,
    max: 8192,
    default: 'auto' as const,
  }),
  'tpot-target': durationFlag({
    ...queue,
    summary:
      'Time per output token that running generations keep while prompts are read: rounds prefill less where needed.',
  }),
  'max-tokens': Flags.integer({
    ...queue,
    summary: 'Output tokens if a request sets no limit.',
    min: 1,
    default: 512,
  }),
};

/**
 * @param hasKeys whether keys share the queue, which is then fair unless a flag says otherwise
 * @throws ChatstreamError `usage`
 */
export function queueOptions(
  flags: Interfaces.InferredFlags<typeof queueFlags>,
  hasKeys: boolean,
): ServeOptions['queue'] {
  if (flags['ttft-target'] === 0) {
    throw new ChatstreamError('usage', '--ttft-target is 0, but every first token takes some time.', {
      hint: 'Set the longest time to the first token, such as 5s; --max-queue 0 refuses whatever would have to wait.',
    });
  }
  return {
    maxConcurrency: flags['max-concurrency'],
    maxQueue: flags['max-queue'],
    queueTimeoutMs: flags['queue-timeout'],
    maxQueuedTokens: flags['max-queued-tokens'] ?? null,
    ttftTargetMs: flags['ttft-target'] ?? null,
    policy: flags['queue-policy'] ?? (hasKeys ? 'fair' : 'fifo'),
    classPatienceMs: flags['class-patience'] ?? defaultPatienceMs(flags['queue-timeout']),
    preemptAfterMs: flags['preempt-batch-after'] ?? null,
  };
}

/** A third, so that a batch request reaches the highest class and can still start there. */
function defaultPatienceMs(queueTimeoutMs: number): number {
  return queueTimeoutMs === 0 ? usualPatienceMs : Math.min(usualPatienceMs, queueTimeoutMs / 3);
}
