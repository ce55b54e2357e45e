import { parentPort } from 'node:worker_threads';
import { asChatstreamError } from '../../base/errors.js';
import { encodePart } from '../record/run-part.js';
import { inThreadLoad } from './in-thread.js';
import type { WorkerCommand, WorkerReport } from './in-workers.js';

/** How often a snapshot is sent to the main thread. */
const snapshotEveryMs = 200;

const load = inThreadLoad();
let stop = new AbortController();

function report(message: WorkerReport): void {
  parentPort?.postMessage(message);
}

async function obey(command: WorkerCommand): Promise<void> {
  switch (command.type) {
    case 'prepare':
      stop = new AbortController();
      await load.prepare(command.job);
      report({ type: 'prepared' });
      return;
    case 'start': {
      const snapshots = setInterval(() => {
        for (const snapshot of load.snapshots()) report({ type: 'snapshot', snapshot });
      }, snapshotEveryMs);
      try {
        const [part] = await load.start(stop.signal);
        if (part !== undefined) report({ type: 'done', part: encodePart(part) });
      } finally {
        clearInterval(snapshots);
      }
      return;
    }
    case 'abort':
      stop.abort();
      return;
    case 'close':
      await load.close();
      parentPort?.close();
      return;
  }
}

parentPort?.on('message', (command: WorkerCommand) => {
  obey(command).catch((error: unknown) => {
    const { code, message, hint } = asChatstreamError(error);
    report({ type: 'failed', code, message, ...(hint !== undefined && { hint }) });
  });
});
