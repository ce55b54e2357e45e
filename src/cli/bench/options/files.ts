import type { Tenant } from '../../../core/bench/plan/tenants.js';
import type { TraceReplay } from '../../../core/bench/plan/trace.js';
import type { FlagOrigins } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { tenantsOf } from './tenants.js';
import { traceOf } from './trace.js';

/** The contents of files that decide about the load. */
export interface BenchFiles {
  readonly tenants?: readonly Tenant[];
  readonly trace?: TraceReplay | null;
  /** The command that repeats the bench. */
  readonly command?: string | null;
}

/** @throws ChatstreamError `usage` if one cannot be used */
export async function benchFilesOf(flags: BenchFlags, origins: FlagOrigins): Promise<BenchFiles> {
  return { tenants: await tenantsOf(flags, origins), trace: await traceOf(flags, origins) };
}
