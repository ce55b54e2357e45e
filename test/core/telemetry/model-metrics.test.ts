import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { ModelQueue } from '../../../src/core/inference/queue/request-line.js';
import { observeModels } from '../../../src/core/telemetry/model-metrics.js';

const queue = { state: 'loaded', running: 1, waiting: 3, preparing: 0, maxConcurrency: 2, maxQueue: 8 } as const;

it('models that have vanished leave no series behind', async () => {
  const registry = new Registry();
  let modelQueues = ['chat', 'code'].map((name) => ({ ...queue, name, loads: 1, failedLoads: 0 }) as ModelQueue);
  observeModels(
    {
      get modelQueues() {
        return modelQueues;
      },
    },
    registry,
  );
  expect(await registry.metrics()).toContain('chatstream_model_requests_waiting{model="code"} 3');
  modelQueues = modelQueues.slice(0, 1);
  const later = await registry.metrics();
  expect(later).toContain('chatstream_model_requests_waiting{model="chat"} 3');
  expect(later).not.toContain('code');
});
