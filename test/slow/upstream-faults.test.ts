import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Random, seededRandom } from '../../src/core/base/random.js';
import { isUsable } from '../../src/core/executor/executor.js';
import { childrenOf } from '../core/engine/process/processes.js';
import { impatientTimes, readStream, type RelayServer, startRelay } from '../support/relay-server.js';
import { ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';
import { answerTo, type UpstreamManner, UpstreamServer } from '../support/upstream-server.js';

const clients = 40;
const durationMs = Number(process.env['CHATSTREAM_TEST_CHAOS_SECONDS'] ?? 120) * 1000;
const mock = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-token', '20ms', '-n', '12'];
const sound: UpstreamManner = { type: 'answer', tokens: 12, tokenMs: 20 };

const manners: readonly UpstreamManner[] = [
  { type: 'break', afterTokens: 0, manner: 'reset' },
  { type: 'break', afterTokens: 0, manner: 'error' },
  { type: 'break', afterTokens: 3, manner: 'reset' },
  { type: 'break', afterTokens: 3, manner: 'end' },
  { type: 'nonsense', contentType: 'text/html' },
  { type: 'nonsense', contentType: 'application/json' },
  { type: 'status', status: 500 },
  { type: 'status', status: 429, headers: { 'retry-after': '1' } },
  { type: 'status', status: 503 },
  { type: 'silence' },
  { type: 'answer', tokens: 12, tokenMs: 200 },
];

/** A real server in a process of its own, which always has the same port. */
class Child {
  /** How many signals have reached an engine. */
  engineSignals = 0;
  readonly #engineKills: number[] = [];
  #server: ServerProcess | null = null;
  #port = '0';

  async start(): Promise<void> {
    if (this.#port === '0') this.#server = await startServer(mock);
    else {
      const server = new ServerProcess(['serve', '--port', this.#port, '--json', ...mock]);
      this.#server = server;
      await until(() => server.stdout.includes('\n'), 'the server to be ready again');
    }
    this.#port = new URL(this.url).port;
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  async kill(): Promise<void> {
    await this.#server?.stop('SIGKILL');
  }

  signal(signal: NodeJS.Signals): void {
    this.#server?.signal(signal);
  }

  /** To the process that generates, unless the server is just starting another one. */
  signalEngine(signal: NodeJS.Signals): void {
    if (this.#server === null) return;
    const pids = childrenOf(this.#server.pid, '/process/host.js');
    for (const pid of pids) process.kill(pid, signal);
    this.engineSignals += pids.length;
    if (signal === 'SIGKILL') this.#engineKills.push(...pids.map(() => performance.now()));
  }

  /** How many engines have been killed since this time of `performance.now()`. */
  engineKillsSince(timeMs: number): number {
    return this.#engineKills.filter((killedMs) => killedMs >= timeMs).length;
  }
}

interface Fault {
  readonly name: string;
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
}

function faults(child: Child, server: UpstreamServer, random: Random): readonly Fault[] {
  return [
    { name: 'killed', begin: () => child.kill(), end: () => child.start() },
    {
      name: 'stopped',
      begin: () => {
        child.signal('SIGSTOP');
      },
      end: () => {
        child.signal('SIGCONT');
      },
    },
    {
      name: 'engine killed',
      begin: () => {
        child.signalEngine('SIGKILL');
      },
      end: () => undefined,
    },
    {
      name: 'engine stopped',
      begin: () => {
        child.signalEngine('SIGSTOP');
      },
      end: () => {
        // Or killed, as the server does with an engine that hangs for a minute.
        child.signalEngine(random() < 0.5 ? 'SIGCONT' : 'SIGKILL');
      },
    },
    {
      name: 'nonsense',
      begin: () => {
        server.manner = manners[Math.floor(random() * manners.length)] ?? sound;
        // One that says nothing any more does not answer probes either.
        server.isProbed = server.manner.type !== 'silence';
      },
      end: () => {
        server.manner = sound;
        server.isProbed = true;
        // The relay notices a silence after two probes. A shorter one that never ended could be a long prompt.
        server.endSilence();
      },
    },
    { name: 'gone', begin: () => server.stop(), end: () => server.listen() },
  ];
}

describe('upstream servers and engines that are killed, stopped, slow, refusing or talking nonsense', () => {
  it('lose no request before its first token, no text and no place', { timeout: durationMs + 120_000 }, async () => {
    const seed = Number(process.env['CHATSTREAM_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`CHATSTREAM_TEST_SEED=${seed}`);
    const random = seededRandom(seed);
    const child = new Child();
    const steady = new Child();
    await Promise.all([child.start(), steady.start()]);
    const server = await UpstreamServer.start({ slots: 12, manner: sound, models: ['mock'] });
    onTestFinished(() => server.stop());
    const upstreams = [`${child.url},name=child`, `${steady.url},name=steady`, `${server.url},name=small`];
    const relay = await startRelay(upstreams, { times: impatientTimes });
    await until(() => relay.upstreams.every(isUsable), 'all upstreams to be well');
    onTestFinished(async () => {
      child.signal('SIGCONT');
      await relay.drain(0);
    });

    const endMs = performance.now() + durationMs;
    const outcomes = { whole: 0, partial: 0, asked: 0 };
    const struck: string[] = [];
    const client = async (name: number): Promise<void> => {
      for (let turn = 0; performance.now() < endMs; turn += 1) {
        outcomes.asked += 1;
        await checkAnswer(relay, `${name}-${turn}`, child, outcomes);
      }
    };
    const trouble = async (): Promise<void> => {
      const kinds = faults(child, server, random);
      // Each comes before any comes again.
      let left = [...kinds];
      while (performance.now() < endMs) {
        if (left.length === 0) left = [...kinds];
        for (const fault of left.splice(Math.floor(random() * left.length), 1)) {
          struck.push(fault.name);
          await fault.begin();
          await pause(200 + random() * 2500);
          await fault.end();
          await pause(random() * 800);
        }
      }
    };
    await Promise.all([trouble(), ...Array.from({ length: clients }, (_, name) => client(name))]);
    console.log(outcomes, struck.join(', '));
    expect(outcomes.whole).toBeGreaterThan(outcomes.asked / 2);
    if (struck.includes('engine killed')) expect(child.engineSignals).toBeGreaterThan(0);

    await until(() => relay.upstreams.every(isUsable), 'all upstreams to be well again');
    expect(relay.upstreams.map(({ running }) => running)).toEqual([0, 0, 0]);
    expect(await relay.get('/v1/queue')).toMatchObject({
      ...{ running: [], waiting: [] },
      totals: { completed: outcomes.whole, failed: outcomes.partial, refused: 0, timed_out: 0, cancelled: 0 },
    });
  });
});

async function checkAnswer(
  relay: RelayServer,
  name: string,
  child: Child,
  outcomes: Record<'whole' | 'partial', number>,
): Promise<void> {
  const content = Array.from({ length: 12 }, (_, index) => `${name}.${index}`).join(' ');
  const messages = [{ role: 'user', content }];
  const askedMs = performance.now();
  const response = await relay.post({ model: 'mock', user: name, stream: true, messages });
  const body = await response.text();
  expect(response.status, `${name}: ${body}`).toBe(200);
  const { text, error } = readStream(body);
  const expected = [content, answerTo(name, 12)];
  if (error === null) {
    expect(expected).toContain(text);
    outcomes.whole += 1;
  } else {
    // An answer at which an engine died twice may be to blame for that, and is not asked for again: neither there nor elsewhere.
    const isToBlame = error === 'engine_failed' && child.engineKillsSince(askedMs) >= 2;
    if (!isToBlame) expect(error).toBe('upstream_failed');
    expect(text).not.toBe('');
    expect(
      expected.some((each) => each.startsWith(text)),
      text,
    ).toBe(true);
    outcomes.partial += 1;
  }
}
