import type { RunPart } from '../record/run-part.js';
import type { RunSnapshot } from '../record/run-recorder.js';
import type { LoadJob } from './load-job.js';

/** To a worker. */
export type WorkerCommand =
  { readonly type: 'prepare'; readonly job: LoadJob } | { readonly type: 'start' } | { readonly type: 'abort' };

/** From a worker. */
export type WorkerReport =
  | { readonly type: 'prepared' }
  | { readonly type: 'snapshot'; readonly snapshot: RunSnapshot }
  | { readonly type: 'done'; readonly part: RunPart }
  /** An error's message: something that no request is to blame for. */
  | { readonly type: 'failed'; readonly message: string };
