import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { ModelQueue } from '../../../src/core/inference/queue/request-line.js';
import { observeHeldLines } from '../../../src/core/telemetry/model-metrics.js';

function queueOf(name: string): ModelQueue {
  return {
    ...{ name, state: 'loaded', etaMs: null, slots: 1, running: 0, waiting: 0, preparing: 0, loads: 0, failedLoads: 0 },
    ...{ maxConcurrency: 1, maxQueue: 1, answersTo: () => false, resize: () => undefined },
  };
}

it('says of each model whether this process holds its line, as long as there is the model or the line', async () => {
  const registry = new Registry();
  let modelQueues = [queueOf('small'), queueOf('large')];
  let held = ['large'];
  const line = {
    get modelQueues() {
      return modelQueues;
    },
  };
  observeHeldLines(line, () => held, registry);
  const samples = async (): Promise<string[]> => {
    return (await registry.metrics()).split('\n').filter((each) => each.startsWith('chatstream_line_holder{'));
  };
  expect(await samples()).toEqual([
    'chatstream_line_holder{model="small"} 0',
    'chatstream_line_holder{model="large"} 1',
  ]);
  held = ['small', 'former'];
  modelQueues = [queueOf('small')];
  expect(await samples()).toEqual([
    'chatstream_line_holder{model="small"} 1',
    'chatstream_line_holder{model="former"} 1',
  ]);
});
