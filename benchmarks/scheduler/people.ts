import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markdownTable } from '../support/markdown.js';
import { startChatstream } from '../support/processes.js';
import { quantile } from '../support/statistics.js';

/**
 * What three people feel while a script keeps 50 requests in flight: their time to first token with fifo, with fair, with
 * fair and a limit for the script, with classes, with pauses, and without the script. On the mock engine, whose speed does not depend on the load.
 */
const scriptRequests = 50;
const people = ['anna', 'ben', 'eva'];
const secondsPerRun = Number(process.argv[2] ?? 60);
const slots = 16;
const scriptLength = [50, 350] as const;
const personLength = [40, 160] as const;
/** Between the end of an answer and the next question, in milliseconds. */
const pauseMs = [500, 2500] as const;

interface Scene {
  readonly name: string;
  readonly policy: 'fair' | 'fifo';
  readonly hasScript: boolean;
  /** The most that the script may run; null for all. */
  readonly scriptRuns: number | null;
  /** Whether the script is batch and the people are interactive. */
  readonly hasClasses: boolean;
  /** Whether generations of the script are paused for people at once. */
  readonly preempts: boolean;
}

const plain = { policy: 'fair', hasScript: true, scriptRuns: null, hasClasses: false, preempts: false } as const;

const scenes: readonly Scene[] = [
  { ...plain, name: 'without the script', hasScript: false },
  { ...plain, name: 'fifo', policy: 'fifo' },
  { ...plain, name: 'fair' },
  { ...plain, name: `fair, the script runs at most ${slots - 2}`, scriptRuns: slots - 2 },
  { ...plain, name: 'fair, the script is batch', hasClasses: true },
  { ...plain, name: 'the same, with --preempt-batch-after 0ms', hasClasses: true, preempts: true },
];

interface Figures {
  readonly firstTokenMs: readonly number[];
  readonly tokens: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

async function play({ policy, hasScript, scriptRuns, hasClasses, preempts }: Scene): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'chatstream-people-'));
  const config = join(folder, 'chatstream.yaml');
  const entries = ['script', ...people].map((name) => ({
    name,
    sha256: createHash('sha256').update(name).digest('hex'),
    ...(hasClasses && { class: name === 'script' ? 'batch' : 'interactive' }),
    ...(name === 'script' && scriptRuns !== null && { limits: { running: scriptRuns } }),
  }));
  writeFileSync(config, JSON.stringify({ keys: entries }));
  const mock = ['--engine', 'mock', '--mock-reply', 'long', '--mock-prefill', '60ms', '--mock-token', '10ms'];
  const queue = ['--max-concurrency', String(slots), '--max-queue', '200', '--queue-policy', policy];
  const preemption = preempts ? ['--preempt-batch-after', '0ms'] : [];
  const server = await startChatstream([...mock, ...queue, ...preemption, '--config', config]);
  try {
    return await measure(server.url, hasScript);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

async function measure(url: string, hasScript: boolean): Promise<Figures> {
  const endMs = performance.now() + secondsPerRun * 1000;
  const firstTokenMs: number[] = [];
  let tokens = 0;
  const scripts = Array.from({ length: hasScript ? scriptRequests : 0 }, async (_, index) => {
    const random = randomOf(index + 1);
    while (performance.now() < endMs) {
      const answer = await ask(url, 'script', between(random, scriptLength), endMs);
      tokens += answer.tokens;
    }
  });
  const persons = people.map(async (name, index) => {
    const random = randomOf(index + 1000);
    // The script's requests come first.
    await pause(between(random, pauseMs));
    while (performance.now() < endMs) {
      const answer = await ask(url, name, between(random, personLength), endMs);
      tokens += answer.tokens;
      if (answer.firstTokenMs !== null) firstTokenMs.push(answer.firstTokenMs);
      await pause(between(random, pauseMs));
    }
  });
  await Promise.all([...scripts, ...persons]);
  return { firstTokenMs, tokens };
}

interface Answer {
  readonly firstTokenMs: number | null;
  /** Until the end of the run. */
  readonly tokens: number;
}

function ask(url: string, key: string, maxTokens: number, endMs: number): Promise<Answer> {
  const beganMs = performance.now();
  return new Promise((resolve, reject) => {
    let firstTokenMs: number | null = null;
    let tokens = 0;
    const outgoing = request(`${url}/v1/chat/completions`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const found = chunk.match(/"content":"[^"]/g)?.length ?? 0;
        if (found === 0) return;
        firstTokenMs ??= performance.now() - beganMs;
        if (performance.now() < endMs) tokens += found;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ firstTokenMs, tokens });
        else reject(new Error(`status ${response.statusCode ?? 0}`));
      });
    });
    const messages = [{ role: 'user', content: 'Write about the sea.' }];
    outgoing.end(JSON.stringify({ messages, max_tokens: maxTokens, stream: true }));
  });
}

/** A linear congruential generator: the same requests in every scene. */
function randomOf(seed: number): () => number {
  let state = seed * 7919;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function between(random: () => number, [least, most]: readonly [number, number]): number {
  return Math.round(least + random() * (most - least));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const played: { readonly scene: Scene; readonly figures: Figures }[] = [];
for (const scene of scenes) played.push({ scene, figures: await play(scene) });
const fifo = played.find(({ scene }) => scene.policy === 'fifo')?.figures.tokens ?? Number.NaN;
const rows = played.map(({ scene, figures: { firstTokenMs, tokens } }) => [
  scene.name,
  String(firstTokenMs.length),
  quantile(firstTokenMs, 0.5).toFixed(0),
  quantile(firstTokenMs, 0.95).toFixed(0),
  (tokens / secondsPerRun).toFixed(0),
  (tokens / fifo).toFixed(3),
]);
console.log(
  markdownTable(
    ['', "people's requests", 'TTFT p50 (ms)', 'TTFT p95 (ms)', 'tokens/s, all', 'tokens/s against fifo'],
    rows,
  ),
);
