import { metricOf } from '../../measurement/metric.js';
import type { Run, TurnFigures } from '../../measurement/result-schema.js';
import { mostTurns, turnGroup } from '../record/group-names.js';
import { type Group, mergedGroups } from '../record/groups.js';
import type { RunPart } from '../record/run-part.js';

/** The figures of each turn; nothing if requests are not part of conversations. */
export function turnsIn(parts: readonly RunPart[]): Pick<Run, 'turns'> {
  const groups = mergedGroups(parts.map((part) => part.groups));
  const turns: TurnFigures[] = [];
  for (let turn = 1; turn <= mostTurns; turn += 1) {
    const group = groups.get(turnGroup(turn));
    if (group === undefined) continue;
    turns.push({ turn, ...(turn === mostTurns ? { and_later: true } : {}), ...figuresOf(group) });
  }
  return turns.length === 0 ? {} : { turns };
}

function figuresOf({ histograms, ...counts }: Group): Omit<TurnFigures, 'turn' | 'and_later'> {
  return {
    completed: counts.completed,
    unanswered: counts.unanswered,
    output_tokens: counts.outputTokens,
    prompt_tokens: counts.promptTokens,
    cached_tokens: counts.cachedTokens,
    ttft: metricOf(histograms.ttft),
    tpot: metricOf(histograms.tpot),
    e2e: metricOf(histograms.e2e),
  };
}
