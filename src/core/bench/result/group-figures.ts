import { metricOf } from '../../measurement/latency/metric.js';
import type { Run, TenantFigures, TurnFigures } from '../../measurement/result-schema.js';
import { jainIndex } from '../../statistics/jain.js';
import type { Tenant } from '../plan/tenants.js';
import { mostTurns, tenantGroup, turnGroup } from '../record/counters/group-names.js';
import { emptyGroup, type Group, mergedGroups } from '../record/counters/groups.js';
import type { RunPart } from '../record/run-part.js';

/** The figures of each turn; nothing if requests are not part of conversations. */
export function turnsIn(parts: readonly RunPart[]): Pick<Run, 'turns'> {
  const groups = mergedGroups(parts.map((part) => part.groups));
  const turns: TurnFigures[] = [];
  for (let turn = 1; turn <= mostTurns; turn += 1) {
    const group = groups.get(turnGroup(turn));
    if (group === undefined || group.completed + group.unanswered === 0) continue;
    turns.push({ turn, ...(turn === mostTurns ? { and_later: true } : {}), ...figuresOf(group) });
  }
  return turns.length === 0 ? {} : { turns };
}

/**
 * The figures of each tenant, and how equally they were served; nothing without tenants.
 *
 * @param seconds over which the run's rates are computed
 */
export function tenantsIn(
  parts: readonly RunPart[],
  tenants: readonly Omit<Tenant, 'key'>[],
  seconds: number,
): Pick<Run, 'tenants' | 'jain_index'> {
  if (tenants.length === 0) return {};
  const groups = mergedGroups(parts.map((part) => part.groups));
  const figures = tenants.map(({ name, portion, weight }, number): TenantFigures => {
    const group = groups.get(tenantGroup(number)) ?? emptyGroup();
    const perSecond = (amount: number): number => (seconds === 0 ? 0 : amount / seconds);
    return {
      name,
      ...(portion.type === 'share' ? { share: portion.share } : { clients: portion.clients }),
      weight,
      requests_per_second: perSecond(group.servedRequests),
      output_tokens_per_second: perSecond(group.servedTokens),
      ...figuresOf(group),
    };
  });
  const service = figures.map(({ output_tokens_per_second: tokens, weight }) => tokens / weight);
  return { tenants: figures, jain_index: jainIndex(service) };
}

/** What a result says about the requests of a group. */
export function figuresOf({ histograms, ...counts }: Group): Omit<TurnFigures, 'turn' | 'and_later'> {
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
