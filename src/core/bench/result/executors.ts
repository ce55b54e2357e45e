import type { Run } from '../../measurement/result-schema.js';
import { executorSummaries } from '../../measurement/settings/executors.js';
import type { RunPart } from '../record/run-part.js';

/** Which servers answered; nothing if no answer says so. */
export function executorsIn(parts: readonly Pick<RunPart, 'executors'>[]): Pick<Run, 'executors'> {
  const executors = executorSummaries(parts.flatMap((part) => Object.entries(part.executors)));
  return executors.length === 0 ? {} : { executors };
}
