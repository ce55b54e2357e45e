import { expect, it } from 'vitest';
import { Relay } from '../../../src/core/relay/relay.js';
import { Metrics } from '../../../src/core/telemetry/metrics.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask } from './ask.js';
import { FakeExecutor, wholeAnswer } from './fake-executor.js';

/** The metrics after an answer in one body, to a prompt of 9 tokens and with 16 tokens, which took two seconds. */
async function metricsOfOne(cachedTokens = 0): Promise<string> {
  const clock = new VirtualClock();
  const executor = new FakeExecutor('one', 1, ['model']);
  const options = { maxConcurrency: null, maxQueue: 9, queueTimeoutMs: 30_000, aliases: [] };
  const relay = new Relay([executor], options, clock);
  const metrics = new Metrics(relay, []);
  ask(relay, 'model');
  clock.advance(2000);
  executor.runs[0]?.listener.whole(wholeAnswer, { promptTokens: 9, cachedTokens, outputTokens: 16 });
  return metrics.render();
}

it('an answer in one body counts as completed, with its tokens and the time until its end', async () => {
  const metrics = await metricsOfOne();
  expect(metrics).toContain('chatstream_requests_total{outcome="completed"} 1\n');
  expect(metrics).toContain('chatstream_prompt_tokens_total 9\n');
  expect(metrics).toContain('chatstream_output_tokens_total 16\n');
  expect(metrics).toContain('chatstream_e2e_request_latency_seconds_sum 2\n');
});

it.each(['time_to_first_token', 'prefill', 'time_per_output_token'])(
  'its %s is not known, and not counted',
  async (name) => {
    expect(await metricsOfOne()).toContain(`chatstream_${name}_seconds_count 0\n`);
  },
);

it('it has no more cached tokens than tokens of its prompt, whatever the upstream says', async () => {
  expect(await metricsOfOne(1000)).toContain('chatstream_cached_tokens_total 9\n');
});
