import type { InferenceRequest } from '../../../inference/request.js';
import { lowerOf, usualClass } from '../../../scheduler/jobs/traffic-class.js';
import type { GenerationParameters } from '../../schemas/completions/completion-requests.js';

/**
 * The class that a request asks for; none if it leaves that to its key. Numbers, which other servers accept, are
 * ignored here.
 */
export function trafficClassOf({
  priority,
  service_tier: tier,
}: Pick<GenerationParameters, 'priority' | 'service_tier'>): Pick<InferenceRequest, 'trafficClass'> {
  const wanted = typeof priority === 'string' ? priority : null;
  if (tier === 'flex') return { trafficClass: lowerOf(wanted ?? usualClass, 'batch') };
  return wanted === null ? {} : { trafficClass: wanted };
}
