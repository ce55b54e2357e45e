import type { Dialect } from './dialect.js';
import { hermes } from './hermes.js';
import { thoughtsOf } from './thoughts.js';

export function dialectOf(templateSource: string): Dialect {
  return { thoughts: thoughtsOf(templateSource), calls: templateSource.includes('<tool_call>') ? hermes : null };
}
