import { serverAddressOf } from '../../../core/bench/plan/server-address.js';
import { parseThreshold } from '../../../core/compare/threshold.js';
import { isOfStreams, type MetricName } from '../../../core/measurement/metric-names.js';
import { parseObjective } from '../../../core/measurement/settings/objectives.js';
import { hasTurns } from '../../../core/measurement/workload/conversation-shape.js';
import { type AnswerForm, apiHeaders, type Endpoint, keyHeader } from '../../../core/measurement/workload/endpoints.js';
import { noThinkTime } from '../../../core/measurement/workload/think-time.js';
import { type FlagOrigins, valuesOf } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { refuse } from './refuse.js';

/**
 * The endpoint to request, from `--endpoint` or from the end of the URLs, and whether to request streams.
 *
 * @throws ChatstreamError `usage` for flags that contradict each other, or need what such answers do not have
 */
export function formOf(flags: BenchFlags, { isTyped }: FlagOrigins): AnswerForm {
  const typed = isTyped('endpoint') ? flags.endpoint : undefined;
  const named = (['url', 'versus'] as const).flatMap((name) => {
    const url = flags[name];
    const endpoint = url === undefined ? null : serverAddressOf(url).endpoint;
    return endpoint === null ? [] : [{ name: `--${name}`, endpoint }];
  });
  const all = [...(typed === undefined ? [] : [{ name: '--endpoint', endpoint: typed }]), ...named];
  const [first = { name: '', endpoint: flags.endpoint ?? ('chat' as const) }] = all;
  const other = all.find(({ endpoint }) => endpoint !== first.endpoint);
  if (other !== undefined) {
    refuse(
      `${first.name} names the endpoint ${first.endpoint}, but ${other.name} names ${other.endpoint}.`,
      'Leave out one of the two, or end URLs with /v1.',
    );
  }
  const { endpoint } = first;
  const form = { endpoint, streaming: endpoint !== 'embeddings' && !flags['no-stream'] };
  if (!form.streaming) refuseMetrics(flags, endpoint);
  if (endpoint === 'embeddings') refuseWithEmbeddings(flags, isTyped);
  return form;
}

/** Limits on figures that only streams have would always be met. */
function refuseMetrics(flags: BenchFlags, endpoint: Endpoint): void {
  const why = endpoint === 'embeddings' ? 'embeddings have no tokens' : 'answers come as a whole with --no-stream';
  const limits: readonly (readonly [flag: string, text: string, metric: MetricName | null])[] = [
    ...valuesOf(flags.slo).map((text) => ['slo', text, parseObjective(text).metric] as const),
    ...valuesOf(flags['find-max']).map((text) => ['find-max', text, parseObjective(text).metric] as const),
    ...valuesOf(flags['fail-on']).map((text) => ['fail-on', text, latencyIn(text)] as const),
  ];
  const unknown = limits.find(([, , metric]) => metric !== null && isOfStreams(metric));
  if (unknown === undefined) return;
  refuse(`--${unknown[0]} ${unknown[1]} applies to streams, but ${why}.`, 'Use e2e, the time to the whole answer.');
}

function latencyIn(text: string): MetricName | null {
  const { metric } = parseThreshold(text);
  return metric.type === 'latency' ? metric.metric : null;
}

function refuseWithEmbeddings(flags: BenchFlags, isTyped: FlagOrigins['isTyped']): void {
  const isChat = flags['live-answers'] || hasTurns({ turns: flags.turns, thinkTime: noThinkTime, live: false });
  if (isChat)
    refuse('Embeddings have no answers to continue a conversation with.', 'Leave out --turns and --live-answers.');
  if (isTyped('output-tokens')) refuse('Embeddings have no output tokens.', 'Leave out --output-tokens.');
}

/** The headers of an API, with the key where the API expects it. */
export function headersFor(endpoint: Endpoint, key: string | undefined): Record<string, string> {
  return { ...apiHeaders(endpoint), ...(key === undefined ? {} : keyHeader(endpoint, key)) };
}
