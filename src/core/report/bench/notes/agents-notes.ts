import { listed, plural, timeText } from '../../../measurement/numbers.js';
import type { BenchResult, Run } from '../../../measurement/result-schema.js';
import { oneLine } from '../../text/escape.js';

/** More names than this are not listed. */
const mostNames = 5;

/** Which machines sent, and the largest difference between their starts; empty if it was this one alone. */
export function agentsNote({ runs }: Pick<BenchResult, 'runs'>): string {
  const all = runs.flatMap(({ agents }) => agents ?? []);
  const names = new Set(all.flatMap(({ members }) => members.map(({ name }) => name)));
  const count = Math.max(0, ...all.map(({ members }) => members.length));
  if (count === 0) return '';
  const who = names.size > mostNames ? '' : ` (${[...names].map(oneLine).join(', ')})`;
  const spreads = all.map(({ start_spread_ms: spread }) => spread);
  const known = spreads.filter((spread) => spread !== null);
  const began =
    known.length < spreads.length
      ? 'it is not known of all of them when they began'
      : `they began at most ${timeText(Math.max(...known))} apart`;
  return `The load came from ${plural(count, 'agent')}${who}; ${began}.`;
}

/** Which of the machines were saturated, for a sentence; empty if it was this one alone, or all of them. */
export function saturatedAgents(runs: readonly Run[]): string {
  const members = runs.flatMap(({ agents }) => agents?.members ?? []);
  const saturated = members.filter(({ saturation }) => saturation.length > 0);
  const names = [...new Set(saturated.map(({ name }) => oneLine(name)))];
  if (names.length === 0 || saturated.length === members.length) return '';
  return names.length > mostNames ? ` on ${names.length} agents` : ` on ${listed(names)}`;
}
