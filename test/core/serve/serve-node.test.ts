import { pino } from 'pino';
import { expect, it } from 'vitest';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import { serveNode } from '../../../src/core/serve/serve-node.js';
import { llamaOptions } from '../../support/llama-options.js';
import { MemoryBus, MemoryNetwork } from '../../support/memory-bus.js';
import { VirtualClock } from '../../support/virtual-clock.js';

class BusWithoutBuckets extends MemoryBus {
  isClosed = false;

  override bucket(): Promise<never> {
    return Promise.reject(new ChatstreamError('cluster_unavailable', 'NATS has JetStream switched off.'));
  }

  override close(): Promise<void> {
    this.isClosed = true;
    return super.close();
  }
}

it('says that NATS cannot be used before it loads the model', async () => {
  const bus = new BusWithoutBuckets(new MemoryNetwork(new VirtualClock(), () => 0.5), 8192);
  // Loading this would fail as well, with another error.
  const options = { engine: llamaOptions('no-such-model.gguf'), name: 'n' };
  const starting = serveNode(bus, options, pino({ level: 'silent' }), new AbortController().signal);
  await expect(starting).rejects.toThrow('JetStream switched off');
  expect(bus.isClosed).toBe(true);
});
