import { expect, it, onTestFinished } from 'vitest';
import { relayReadyBlock } from '../../../src/cli/serve/upstream-report.js';
import { Upstream } from '../../../src/core/executor/upstream/upstream.js';
import { parseUpstreams } from '../../../src/core/executor/upstream/upstream-options.js';
import { serverDefaults } from '../../support/app.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** The line about models, where no upstream has answered yet. */
function modelsLine(...addresses: readonly string[]): string | undefined {
  const upstreams = parseUpstreams(addresses, {}).map((options) => new Upstream(options, new VirtualClock()));
  onTestFinished(async () => {
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
  });
  const models = upstreams.flatMap((upstream) => upstream.models ?? []);
  const server = { url: 'http://127.0.0.1:8000', upstreams, models };
  const lines = relayReadyBlock(server, { queue: { maxQueue: 64 }, server: serverDefaults }).split('\n');
  return lines.find((line) => line.startsWith('  models'))?.trimEnd();
}

it('does not say that any model may be asked for before an upstream has answered', () => {
  expect(modelsLine('http://gpu1:8080', 'http://gpu2:8080')).toBe('  models    not known yet');
});

it('names the models for which upstreams are used, whether or not they have answered', () => {
  expect(modelsLine('http://gpu1:8080,model=chat', 'http://gpu2:8080')).toBe('  models    chat');
});
