import { formatDuration } from '../../base/units.js';
import { significant } from '../../measurement/numbers.js';
import type { Plan } from '../../measurement/result-schema.js';

/** How requests of an open loop are spaced, and how many there are: `poisson arrivals at 5 requests/s`. */
export function openLoopText({ arrival, arrival_cv: cv, rate, rates, stages, max_in_flight: limit }: Plan): string {
  const how = `${arrival ?? 'poisson'}${cv === undefined ? '' : ` (CV ${significant(cv)})`} arrivals`;
  const many = stages === undefined ? `at ${rates?.join(', ') ?? rate ?? '?'} requests/s` : stagesText(stages);
  return `open loop, ${how} ${many}${inFlightText(limit)}`;
}

/** `, at most 64 in flight`; empty without a limit. */
export function inFlightText(limit: number | undefined): string {
  return limit === undefined ? '' : `, at most ${limit} in flight`;
}

const mostStages = 5;

function stagesText(stages: NonNullable<Plan['stages']>): string {
  if (stages.length > mostStages) return `in ${stages.length} stages`;
  return stages
    .map(({ from_rate: from, to_rate: to, duration_ms: ms }, index) => {
      const unit = index === 0 ? ' requests/s' : '';
      return from === to
        ? `at ${significant(from)}${unit} for ${formatDuration(ms)}`
        : `from ${significant(from)} to ${significant(to)}${unit} in ${formatDuration(ms)}`;
    })
    .join(', then ');
}

/** Clients that leave and probes, which are counted separately from the other requests. */
export function leaverAndProbeItems({ cancel, probe_rate: probeRate }: Plan): readonly string[] {
  return [
    ...(cancel === undefined ? [] : [cancelText(cancel)]),
    ...(probeRate === undefined ? [] : [`${significant(probeRate)} probes/s`]),
  ];
}

/** `10 % of the clients leave after 1 s`. */
function cancelText(cancel: string): string {
  const [share = '', after = ''] = cancel.split('@');
  return `${share.replace('%', ' %')} of the clients leave after ${after.replace(/(?:ms|s|m|h)$/, (unit) => ` ${unit === 'm' ? 'min' : unit}`)}`;
}
