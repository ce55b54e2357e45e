import type { Lengths } from '../../measurement/workload/lengths.js';

/** Where prompts come from. */
export type PromptSource =
  { readonly type: 'synthetic'; readonly inputTokens: Lengths } | { readonly type: 'file'; readonly path: string };
