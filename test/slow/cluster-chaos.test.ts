import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { items, member } from '../../src/core/base/json.js';
import { type Random, seededRandom } from '../../src/core/base/random.js';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { readStream } from '../support/relay-server.js';
import { CliProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

/** What is asked of a cluster in trouble, again and again. */
interface Load {
  readonly engine: string;
  /** Arguments of its nodes. */
  readonly args: readonly string[];
  readonly clients: number;
  readonly durationMs: number;
  /** @param name of a request, which no other has */
  readonly request: (name: string) => object;
  readonly isWhole: (answer: Answer, name: string) => boolean;
}

const wordsOf = (name: string): string => Array.from({ length: 40 }, (_, index) => `${name}.${index}`).join(' ');

const mock: Load = {
  engine: 'mock engine',
  args: ['--engine', 'mock', '--mock-reply', 'echo', '--mock-token', '20ms', '-n', '8'],
  clients: 40,
  durationMs: Number(process.env['CHATSTREAM_TEST_CHAOS_SECONDS'] ?? 120) * 1000,
  request: (name) => ({ messages: [{ role: 'user', content: wordsOf(name) }], max_tokens: 1000 }),
  isWhole: ({ text }, name) => text === wordsOf(name),
};

const tokens = 40;

/** Three models on two busy cores take their time. */
const startMs = 180_000;

const bundled: Load = {
  engine: 'bundled model',
  args: ['-n', '8', '--threads', '1'],
  clients: 16,
  durationMs: 30_000,
  // What a model writes after it was moved may differ, but each of its tokens comes once.
  request: (name) => ({
    messages: [{ role: 'user', content: `Tell me about ${name}.` }],
    ...{ max_tokens: tokens, ignore_eos: true, logprobs: true },
  }),
  isWhole: (answer) => answer.tokens === tokens,
};

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
    await until(() => started.stdout.includes('"ready"') || started.hasExited, `${this.name} to be ready`, startMs);
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

describe.skipIf(!hasNats()).each([mock, bundled])(
  `a cluster whose members and broker are killed and stopped, with the $engine ${needsNats}`,
  (load) => {
    let folder: string;
    let nats: NatsServer;
    let nodes: readonly Member[];
    let fronts: readonly Member[];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'chatstream-chaos-'));
      nats = await NatsServer.start(['-js', '-sd', folder]);
      const cluster = ['--cluster', `nats://${nats.address}`];
      nodes = ['n1', 'n2', 'n3'].map((name) => new Member(name, ['node', '--name', name, ...cluster, ...load.args]));
      fronts = ['f1', 'f2'].map((name) => new Member(name, ['serve', ...cluster]));
      await Promise.all([...nodes, ...fronts].map((each) => each.start()));
      for (const { url } of fronts) await untilReady(url);
    }, startMs);
    afterAll(async () => {
      await Promise.all([...nodes, ...fronts].map((each) => each.kill()));
      await nats.stop();
      await rm(folder, { recursive: true });
    });

    it(
      'loses only the streams of killed fronts, no text and no place',
      { timeout: load.durationMs + 2 * startMs },
      async () => {
        const seed = Number(process.env['CHATSTREAM_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
        console.log(`CHATSTREAM_TEST_SEED=${seed}`);
        const outcomes: Outcomes = { asked: 0, whole: 0, refused: 0, withFront: 0, lost: [] };
        const endMs = performance.now() + load.durationMs;
        const client = async (name: number): Promise<void> => {
          for (let turn = 0; performance.now() < endMs; turn += 1) {
            const front = fronts[(name + turn) % fronts.length];
            // As a load balancer would.
            if (front?.isUp === true) await ask(load, front, `${name}-${turn}`, outcomes);
            else await pause(100);
          }
        };
        await Promise.all([
          trouble(seededRandom(seed), endMs),
          ...Array.from({ length: load.clients }, (_, name) => client(name)),
        ]);
        console.log(outcomes);
        expect(outcomes.lost).toEqual([]);
        expect(outcomes.whole).toBeGreaterThan((outcomes.asked - outcomes.refused) / 2);

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
            if (front !== undefined) await ask(load, front, `last-${name}`, last);
          }),
        );
        expect(last).toMatchObject({ asked: 24, whole: 24 });
      },
    );

    async function trouble(random: Random, endMs: number): Promise<void> {
      const one = (members: readonly Member[]): Member | undefined => members[Math.floor(random() * members.length)];
      while (performance.now() < endMs) {
        const kind = random();
        const victim = random() < 0.7 ? one(nodes) : one(fronts);
        if (kind < 0.12) {
          await nats.restart();
        } else if (kind < 0.2) {
          nats.signal('SIGSTOP');
          await pause(200 + random() * 10_000);
          nats.signal('SIGCONT');
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
  },
);

async function untilReady(url: string): Promise<void> {
  await until(async () => (await fetch(`${url}/readyz`)).status === 200, 'the front to be ready');
}

async function ask(load: Load, front: Member, name: string, outcomes: Outcomes): Promise<void> {
  const { deaths } = front;
  outcomes.asked += 1;
  const answer = await answerOf(front.url, load.request(name));
  if (answer.status === 200 && answer.error === null && load.isWhole(answer, name)) outcomes.whole += 1;
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
  /** Those whose probabilities came with it. */
  readonly tokens: number;
  readonly error: string | null;
}

async function answerOf(url: string, request: object): Promise<Answer> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...request, stream: true }),
    });
    const body = await response.text();
    const told = { ...readStream(body), tokens: tokensIn(body) };
    return { status: response.status, hasRetryAfter: response.headers.has('retry-after'), ...told };
  } catch (error) {
    return { status: 0, hasRetryAfter: false, text: '', tokens: 0, error: String(error) };
  }
}

function tokensIn(events: string): number {
  const data = events.split('\n').filter((line) => line.startsWith('data: {'));
  const choices = data.flatMap((line) => items(member(JSON.parse(line.slice('data: '.length)), 'choices')));
  return choices.reduce<number>((sum, choice) => sum + items(member(member(choice, 'logprobs'), 'content')).length, 0);
}
