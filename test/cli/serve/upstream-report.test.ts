import { expect, it, onTestFinished } from 'vitest';
import { relayReadyBlock } from '../../../src/cli/serve/upstream-report.js';
import { Upstream } from '../../../src/core/executor/upstream/upstream.js';
import { parseUpstreams } from '../../../src/core/executor/upstream/upstream-options.js';
import { serverDefaults } from '../../support/app.js';
import { VirtualClock } from '../../support/virtual-clock.js';

interface UpstreamState {
  /** Null for one that has answered without a list; as long as none has answered if left out. */
  readonly models?: readonly string[] | null;
}

/** What is printed, where no upstream has answered yet or all have. */
function blockOf(addresses: readonly string[], { models: listed }: UpstreamState = {}): string {
  const upstreams = parseUpstreams(addresses, {}).map((options) => new Upstream(options, new VirtualClock()));
  onTestFinished(async () => {
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
  });
  const states = upstreams.map(({ name, kind, status, places, url, downReason, models }) => {
    return { name, kind, status, places, url, downReason, models: listed === undefined ? models : listed };
  });
  const models = states.flatMap((state) => state.models ?? []);
  const server = { url: 'http://127.0.0.1:8000', upstreams: states, models };
  return relayReadyBlock(server, { queue: { maxQueue: 64 }, server: serverDefaults, access: null }, {});
}

function modelsLine(...addresses: readonly string[]): string | undefined {
  return blockOf(addresses)
    .split('\n')
    .find((line) => line.startsWith('  models'))
    ?.trimEnd();
}

it('does not say that any model may be asked for before an upstream has answered', () => {
  expect(modelsLine('http://gpu1:8080', 'http://gpu2:8080')).toBe('  models    not known yet');
});

it('names the models for which upstreams are used, whether or not they have answered', () => {
  expect(modelsLine('http://gpu1:8080,model=chat', 'http://gpu2:8080')).toBe('  models    chat');
});

it('cannot control the terminal with what upstreams have sent', () => {
  const block = blockOf(['http://gpu1:8080'], { models: ['chat\u001b]0;x\u0007\u202e'] });
  expect(block).toContain('  models    chat ]0;x\n');
});

it('ends with a command that tries the server', () => {
  expect(blockOf(['http://gpu1:8080,model=chat'])).toMatch(
    /\n {2}try {7}curl -N http:\/\/127\.0\.0\.1:8000\/v1\/chat\/completions \\\n {14}-H 'content-type: application\/json' \\\n {14}-d '\{"messages".*\}'\n$/,
  );
});

it('leaves a place for a model in it where upstreams do not say which they have', () => {
  expect(blockOf(['http://gpu1:8080'], { models: null })).toContain('{"model":"MODEL","messages"');
  expect(blockOf(['http://gpu1:8080'], { models: ['chat'] })).not.toContain('"model"');
});
