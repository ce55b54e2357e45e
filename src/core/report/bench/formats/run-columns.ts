import type { BenchResult, Run } from '../../../measurement/result-schema.js';
import type { CsvColumn } from '../../text/csv.js';

/** A run of one of the servers. */
export interface RunOfServer {
  readonly role: 'target' | 'baseline';
  readonly run: Run;
}

/** Which run a row of a CSV file belongs to. */
export function runColumns(): readonly CsvColumn<RunOfServer>[] {
  return [
    ['role', ({ role }) => role],
    ['concurrency', ({ run }) => run.settings.concurrency],
    ['max_concurrency', ({ run }) => run.settings.max_concurrency],
    ['rate_per_s', ({ run }) => run.settings.rate],
    ['trial', ({ run }) => run.trial],
  ];
}

/** All runs, those of the baseline last. */
export function runsOf({ runs, versus }: Pick<BenchResult, 'runs' | 'versus'>): readonly RunOfServer[] {
  const target = runs.map((run) => ({ role: 'target', run }) as const);
  const baseline = (versus?.runs ?? []).map((run) => ({ role: 'baseline', run }) as const);
  return [...target, ...baseline];
}
