import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { member } from '../../src/core/base/json.js';
import { type Random, seededRandom } from '../../src/core/base/random.js';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { readStream } from '../support/relay-server.js';
import { CliProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const clients = 40;
const durationMs = Number(process.env['CHATSTREAM_TEST_CHAOS_SECONDS'] ?? 120) * 1000;
const mock = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-token', '20ms', '-n', '8'];
const words = 40;

/** A member of a cluster, which is started again under the same name and port when it was killed. */
class Member {
  #process: CliProcess | null = null;
  /** How often it was killed. */
  deaths = 0;
  isUp = false;
  url = '';

  constructor(
    readonly name: string,
    readonly args: readonly string[],
  ) {}

  async start(): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port;
    const started = new CliProcess([...this.args, '--json', ...(this.args[0] === 'serve' ? ['--port', port] : [])]);
    this.#process = started;
    await until(() => started.stdout.includes('"ready"') || started.hasExited, `${this.name} to be ready`);
    expect(started.hasExited, started.stderr).toBe(false);
    const url = member(JSON.parse(started.stdout.split('\n', 1)[0] ?? ''), 'url');
    if (typeof url === 'string') this.url = url;
    this.isUp = true;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  async kill(): Promise<void> {
    this.deaths += 1;
    this.isUp = false;
    this.signal('SIGKILL');
    await this.#process?.exited;
  }
}

interface Outcomes {
  asked: number;
  whole: number;
  /** Refused before they began, with when to try again. */
  refused: number;
  /** Ended with the front that had them. */
  withFront: number;
  /** Ended for any other reason: there must be none. */
  readonly lost: string[];
}

describe.skipIf(!hasNats())(`a cluster whose members and broker are killed and stopped ${needsNats}`, () => {
  let folder: string;
  let nats: NatsServer;
  let nodes: readonly Member[];
  let fronts: readonly Member[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-chaos-'));
    nats = await NatsServer.start(['-js', '-sd', folder]);
    const cluster = ['--cluster', `nats://${nats.address}`];
    nodes = ['n1', 'n2', 'n3'].map((name) => new Member(name, ['node', '--name', name, ...cluster, ...mock]));
    fronts = ['f1', 'f2'].map((name) => new Member(name, ['serve', ...cluster]));
    await Promise.all([...nodes, ...fronts].map((each) => each.start()));
    for (const { url } of fronts) await untilReady(url);
  });
  afterAll(async () => {
    await Promise.all([...nodes, ...fronts].map((each) => each.kill()));
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  it('loses only the streams of killed fronts, no text and no place', { timeout: durationMs + 120_000 }, async () => {
    const seed = Number(process.env['CHATSTREAM_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`CHATSTREAM_TEST_SEED=${seed}`);
    const outcomes: Outcomes = { asked: 0, whole: 0, refused: 0, withFront: 0, lost: [] };
    const endMs = performance.now() + durationMs;
    const client = async (name: number): Promise<void> => {
      for (let turn = 0; performance.now() < endMs; turn += 1) {
        const front = fronts[(name + turn) % fronts.length];
        // As a load balancer would.
        if (front?.isUp === true) await ask(front, `${name}-${turn}`, outcomes);
        else await pause(100);
      }
    };
    await Promise.all([
      trouble(seededRandom(seed), endMs),
      ...Array.from({ length: clients }, (_, name) => client(name)),
    ]);
    console.log(outcomes);
    expect(outcomes.lost).toEqual([]);
    expect(outcomes.whole).toBeGreaterThan(outcomes.asked / 2);

    for (const { url } of fronts) {
      await untilReady(url);
      await until(async () => {
        const queue: unknown = await (await fetch(`${url}/v1/queue`)).json();
        return JSON.stringify([member(queue, 'running'), member(queue, 'waiting')]) === '[[],[]]';
      }, 'the queues to be empty');
    }
    // As many as there are places run at once again.
    const last: Outcomes = { asked: 0, whole: 0, refused: 0, withFront: 0, lost: [] };
    await Promise.all(
      Array.from({ length: 24 }, async (_, name) => {
        const front = fronts[name % fronts.length];
        if (front !== undefined) await ask(front, `last-${name}`, last);
      }),
    );
    expect(last).toMatchObject({ asked: 24, whole: 24 });
  });

  async function trouble(random: Random, endMs: number): Promise<void> {
    const one = (members: readonly Member[]): Member | undefined => members[Math.floor(random() * members.length)];
    while (performance.now() < endMs) {
      const kind = random();
      const victim = random() < 0.7 ? one(nodes) : one(fronts);
      if (kind < 0.2) {
        await nats.restart();
      } else if (kind < 0.6) {
        await victim?.kill();
        await pause(200 + random() * 3000);
        await victim?.start();
      } else {
        victim?.signal('SIGSTOP');
        await pause(200 + random() * 7000);
        victim?.signal('SIGCONT');
      }
      await pause(random() * 2000);
    }
  }
});

async function untilReady(url: string): Promise<void> {
  await until(async () => (await fetch(`${url}/readyz`)).status === 200, 'the front to be ready');
}

async function ask(front: Member, name: string, outcomes: Outcomes): Promise<void> {
  const { deaths } = front;
  const content = Array.from({ length: words }, (_, index) => `${name}.${index}`).join(' ');
  outcomes.asked += 1;
  const answer = await answerOf(front.url, content);
  if (answer.status === 200 && answer.error === null && answer.text === content) outcomes.whole += 1;
  else if (front.deaths > deaths) outcomes.withFront += 1;
  else if (answer.status === 503 && answer.hasRetryAfter) {
    outcomes.refused += 1;
    await pause(500);
  } else {
    outcomes.lost.push(`${name} at ${front.name}: ${JSON.stringify(answer)}`);
  }
}

interface Answer {
  /** 0 if the connection broke off. */
  readonly status: number;
  readonly hasRetryAfter: boolean;
  readonly text: string;
  readonly error: string | null;
}

async function answerOf(url: string, content: string): Promise<Answer> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content }], stream: true, max_tokens: 1000 }),
    });
    const body = await response.text();
    return { status: response.status, hasRetryAfter: response.headers.has('retry-after'), ...readStream(body) };
  } catch (error) {
    return { status: 0, hasRetryAfter: false, text: '', error: String(error) };
  }
}
