import { Parser } from '@oclif/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { flagOrigins } from '../../../../src/cli/flags/flags.js';
import { nodeFlags } from '../../../../src/cli/node/options.js';
import { serveFlags } from '../../../../src/cli/serve/flags/flags.js';
import {
  type Elsewhere,
  refuseWithoutCluster,
  uselessVariables,
} from '../../../../src/cli/serve/flags/useless-flags.js';
import { frontReadyBlock } from '../../../../src/cli/serve/front-report.js';
import { clusterOptions } from '../../../../src/cli/serve/options/cluster-options.js';
import { upstreamOptions } from '../../../../src/cli/serve/options/upstream-options.js';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import type { ServeClusterOptions } from '../../../../src/core/serve/serve-cluster.js';
import type { ServeUpstreamsOptions } from '../../../../src/core/serve/serve-upstreams.js';

const where: Readonly<Record<Elsewhere, readonly string[]>> = {
  upstream: ['--upstream', 'http://127.0.0.1:9'],
  cluster: ['--cluster', 'nats://127.0.0.1:9'],
};
const both = ['upstream', 'cluster'] as const;

async function parsed(elsewhere: Elsewhere, argv: readonly string[]) {
  return Parser.parse([...where[elsewhere], ...argv], { flags: serveFlags, strict: true });
}

async function optionsOf(
  elsewhere: Elsewhere,
  ...argv: readonly string[]
): Promise<ServeUpstreamsOptions | ServeClusterOptions> {
  const given = await parsed(elsewhere, argv);
  const make = elsewhere === 'upstream' ? upstreamOptions : clusterOptions;
  return make(given.flags, '1.2.3', null, flagOrigins(given));
}

async function hintOf(elsewhere: Elsewhere, ...argv: readonly string[]): Promise<string | undefined> {
  const error: unknown = await optionsOf(elsewhere, ...argv).catch((thrown: unknown) => thrown);
  if (!(error instanceof ChatstreamError)) throw new Error(`${argv.join(' ')} is not refused`);
  expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(argv[0] ?? '') as string });
  return error.hint;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(both)('the options of serve --%s', (elsewhere) => {
  it('say where traces go', async () => {
    const { otlpUrl } = await optionsOf(elsewhere, '--otlp', 'http://127.0.0.1:4318');
    expect(otlpUrl).toBe('http://127.0.0.1:4318/v1/traces');
  });

  it.each([
    ['--model', 'a.gguf'],
    ['--slots', '4'],
    ['--replicas', '2'],
    ['--mock-token', '1ms'],
    ['--preempt-batch-after', '1s'],
  ])('cannot have %s', async (...argv) => {
    expect(await hintOf(elsewhere, ...argv)).toMatch(/^Leave it out/);
  });

  it('know which variables have no effect', async () => {
    vi.stubEnv('CHATSTREAM_MODEL', 'a.gguf');
    vi.stubEnv('CHATSTREAM_EMBEDDINGS', 'true');
    vi.stubEnv('CHATSTREAM_STORE', '/tmp/store.db');
    vi.stubEnv('CHATSTREAM_MAX_QUEUE', '3');
    const given = await parsed(elsewhere, ['--alias', 'chat']);
    expect(uselessVariables(elsewhere, given.flags, flagOrigins(given))).toEqual([
      ...['CHATSTREAM_MODEL', 'CHATSTREAM_EMBEDDINGS'],
      ...(elsewhere === 'upstream' ? ['CHATSTREAM_STORE'] : []),
    ]);
  });

  it('have none without variables', async () => {
    const given = await parsed(elsewhere, []);
    expect(uselessVariables(elsewhere, given.flags, flagOrigins(given))).toEqual([]);
  });
});

describe('the options of serve --cluster', () => {
  it('are refused where they may be set only if a node has them', async () => {
    const engine = ['--context=64', '--gpu=off', '--slots=4', '--tpot-target=1s', '--embeddings', '--threads=2'];
    const others = ['--max-loaded=1', '--idle-unload=1s', '--replicas=2', '--devices=0', '--preempt-batch-after=1s'];
    for (const typed of [...engine, ...others]) {
      const name = typed.slice(2).split('=', 1)[0] ?? '';
      expect(await hintOf('cluster', `--${name}`, ...typed.split('=').slice(1))).toBe(
        name in nodeFlags ? 'Leave it out, or set it where the node is started.' : 'Leave it out.',
      );
    }
  });

  it('cannot have --upstream, wherever it is set', async () => {
    await expect(optionsOf('cluster', ...where.upstream)).rejects.toThrow('or the servers of --upstream');
    vi.stubEnv('CHATSTREAM_UPSTREAM', 'http://127.0.0.1:9');
    await expect(optionsOf('cluster')).rejects.toThrow('or the servers of --upstream');
  });
});

describe('how to reach NATS', () => {
  it.each(['cluster-creds', 'cluster-ca', 'cluster-cert', 'cluster-key'])(
    'cannot be said with --%s but without --cluster',
    (name) => {
      expect(() => {
        refuseWithoutCluster({}, (typed) => typed === name);
      }).toThrow(`--${name} is for a cluster, but --cluster is not given.`);
      refuseWithoutCluster({ cluster: 'nats://127.0.0.1:9' }, (typed) => typed === name);
      // A variable may be meant for another command.
      refuseWithoutCluster({}, () => false);
    },
  );
});

describe('what serve --cluster prints when it is ready', () => {
  it.each([
    [[], 'http://127.0.0.1:1/ in a browser   http://127.0.0.1:1/metrics'],
    [['--no-console'], 'http://127.0.0.1:1/v1/queue   http://127.0.0.1:1/metrics'],
  ])('with %j, says where to watch it', async (argv, watched) => {
    const { server } = await optionsOf('cluster', ...argv);
    const block = frontReadyBlock('http://127.0.0.1:1', 'nats://127.0.0.1:9', { server, access: null });
    expect(block).toContain(`  watch     ${watched}   chatstream cluster status --cluster nats://127.0.0.1:9\n`);
    expect(block).toMatch(
      /\n {2}try {7}curl -N http:\/\/127\.0\.0\.1:1\/v1\/chat\/completions \\\n {14}-H .* \\\n {14}-d '.*'\n$/,
    );
  });
});
