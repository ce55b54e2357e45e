import { Counter, Gauge, type Registry } from 'prom-client';
import type { ModelQueue, RequestLine, SharingLine } from '../inference/queue/request-line.js';

/** Registers metrics of the lines of several models; none where there is one line. */
export function observeModels(line: Pick<RequestLine, 'modelQueues' | 'sharingLines'>, registry: Registry): void {
  if (line.sharingLines !== undefined) observeCounts(() => line.sharingLines ?? [], registry);
  if (line.modelQueues === undefined) return;
  const queues = (): readonly ModelQueue[] => line.modelQueues ?? [];
  observeCounts(queues, registry);
  const gauge = gaugesOf(queues, registry);
  gauge('loaded', '1 if the model is in memory, otherwise 0.', ({ state }) => (state === 'loaded' ? 1 : 0));
  gauge(
    'requests_preparing',
    'Requests that wait for the model to be loaded, or whose prompts are being prepared.',
    (model) => model.preparing,
  );
  gauge('max_concurrency', 'Generations of the model that may run at once.', ({ maxConcurrency }) => maxConcurrency);
  new Counter({
    name: 'chatstream_model_loads_total',
    help: 'How often the model was loaded, or failed to load.',
    labelNames: ['model', 'result'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name: model, loads, failedLoads } of line.modelQueues ?? []) {
        this.inc({ model, result: 'loaded' }, loads);
        this.inc({ model, result: 'failed' }, failedLoads);
      }
    },
  });
}

/** Registers what every line of a model has. */
function observeCounts(lines: () => readonly SharingLine[], registry: Registry): void {
  const gauge = gaugesOf(lines, registry);
  gauge('requests_running', 'Generations of the model.', ({ running }) => running);
  gauge('requests_waiting', 'Requests in the line of the model.', ({ waiting }) => waiting);
  gauge('max_queue', 'Requests that may wait for the model.', ({ maxQueue }) => maxQueue);
}

/** Registers a gauge with a value for each model. */
function gaugesOf<T extends Pick<ModelQueue, 'name'>>(
  models: () => readonly T[],
  registry: Registry,
): (ending: string, help: string, read: (model: T) => number) => void {
  return (ending, help, read) => {
    new Gauge({
      name: `chatstream_model_${ending}`,
      help,
      labelNames: ['model'],
      registers: [registry],
      collect() {
        // Models may vanish.
        this.reset();
        for (const model of models()) this.set({ model: model.name }, read(model));
      },
    });
  };
}

/** Registers which lines of a cluster this process holds: one value for each model that it knows, or holds the line of. */
export function observeHeldLines(
  line: Pick<RequestLine, 'modelQueues'>,
  held: () => readonly string[],
  registry: Registry,
): void {
  new Gauge({
    name: 'chatstream_line_holder',
    help: '1 if this process holds the line of the model for the whole cluster, otherwise 0.',
    labelNames: ['model'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name: model } of line.modelQueues ?? []) this.set({ model }, 0);
      for (const model of held()) this.set({ model }, 1);
    },
  });
}
