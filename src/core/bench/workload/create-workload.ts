import { promptsWorkload } from './prompts.js';
import { syntheticWorkload } from './synthetic.js';
import type { Workload, WorkloadSpec } from './workload.js';

export function createWorkload(spec: WorkloadSpec): Workload {
  switch (spec.type) {
    case 'synthetic':
      return syntheticWorkload(spec);
    case 'prompts':
      return promptsWorkload(spec);
  }
}
