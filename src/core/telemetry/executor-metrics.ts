import { Gauge, type Registry } from 'prom-client';
import { type Executor, isUsable } from '../executor/executor.js';
import type { RequestLine } from '../inference/queue/request-line.js';

/** Registers metrics of the engines or upstream servers that generate. */
export function observeExecutors(line: Pick<RequestLine, 'executors'>, registry: Registry): void {
  const gauge = (ending: string, help: string, read: (executor: Executor) => number): void => {
    new Gauge({
      name: `chatstream_executor_${ending}`,
      help,
      labelNames: ['executor'],
      registers: [registry],
      collect() {
        // Engines come and go with their models.
        this.reset();
        for (const executor of line.executors) this.set({ executor: executor.name }, read(executor));
      },
    });
  };
  gauge('places', 'Generations that it may have at once.', ({ places }) => places);
  gauge('running', 'Generations that it has.', ({ running }) => running);
  gauge('healthy', '1 if it takes new generations, 0 if it is down or drained.', (executor) =>
    isUsable(executor) ? 1 : 0,
  );
}
