import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { markdownTable } from '../support/markdown.js';
import { type ServerProcess, startChatstream } from '../support/processes.js';
import { median, quantile } from '../support/statistics.js';
import { streamOnce } from '../support/stream-client.js';
import { benchmarkModel } from '../support/test-models.js';

/**
 * What `--tpot-target` does for short chats while long prompts arrive, and what it costs the prompts. Two servers, with
 * and without it, in turns, each without and with long prompts. The target is 1.4 times the p99 of the chats alone.
 *
 *     npm run benchmark serve/targets [bundled|smollm2|gemma|synthetic] [chats] [words] [prompt every s] [repeats]
 */
const [modelKind = 'smollm2', chats = '3', promptWords = '80', everySeconds = '20', repeats = '2'] =
  process.argv.slice(2);
const promptsPerPhase = 2;
const everyMs = Number(everySeconds) * 1000;
const answerTokens = 48;
const targetFactor = 1.4;
const wordList = [
  'harbour',
  'lantern',
  'orchard',
  'granite',
  'meadow',
  'compass',
  'violin',
  'saffron',
  'glacier',
  'thunder',
];

interface Phase {
  /** Of each answer of a chat: the mean time between its tokens. */
  readonly tpotMs: readonly number[];
  readonly chatTtftMs: readonly number[];
  readonly promptTtftMs: readonly number[];
  /** Long prompts that were read before the phase was over. */
  readonly readInTime: number;
}

interface Answer {
  readonly ttftMs: number;
  readonly endMs: number;
  readonly tpotMs: number;
}

let asked = 0;

/** Words that no prompt before began with, so that none finds anything in the prompt cache. */
function prompt(words: number): string {
  asked += 1;
  return Array.from(
    { length: words },
    (_, index) => `${asked} ${wordList[(index * 7 + asked) % wordList.length]}`,
  ).join(' ');
}

async function answer({ url }: ServerProcess, words: number, maxTokens: number): Promise<Answer> {
  const startMs = performance.now();
  const body = { prompt: prompt(words), stream: true, max_tokens: maxTokens, ignore_eos: true, temperature: 0 };
  const { tokens, firstMs, lastMs } = await streamOnce(`${url}/v1/completions`, body);
  return { ttftMs: firstMs - startMs, endMs: lastMs, tpotMs: (lastMs - firstMs) / (tokens - 1) };
}

async function talk(server: ServerProcess, untilMs: number): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  while (performance.now() < untilMs) answers.push(await answer(server, 2, answerTokens));
  return answers;
}

async function measure(server: ServerProcess, prompts: number): Promise<Phase> {
  const untilMs = performance.now() + promptsPerPhase * everyMs;
  const talking = Array.from({ length: Number(chats) }, () => talk(server, untilMs));
  const reading = Array.from({ length: prompts }, async (_, index) => {
    await delay(index * everyMs);
    return await answer(server, Number(promptWords), 1);
  });
  const read = await Promise.all(reading);
  const answers = (await Promise.all(talking)).flat();
  return {
    tpotMs: answers.map(({ tpotMs }) => tpotMs).filter(Number.isFinite),
    chatTtftMs: answers.map(({ ttftMs }) => ttftMs),
    promptTtftMs: read.map(({ ttftMs }) => ttftMs),
    readInTime: read.filter(({ endMs }) => endMs <= untilMs).length,
  };
}

/** The phases of one kind as a row. */
function row(name: string, phases: readonly Phase[], usualMs: number): string[] {
  const all = (of: (phase: Phase) => readonly number[]): number[] => phases.flatMap(of);
  const tpot = quantile(
    all(({ tpotMs }) => tpotMs),
    0.99,
  );
  const prompts = all(({ promptTtftMs }) => promptTtftMs);
  const asked = phases.length * promptsPerPhase;
  const read = phases.reduce((sum, { readInTime }) => sum + readInTime, 0);
  return [
    name,
    `${tpot.toFixed(1)} ms`,
    (tpot / usualMs).toFixed(2),
    `${median(all(({ chatTtftMs }) => chatTtftMs)).toFixed(0)} ms`,
    prompts.length === 0 ? '–' : `${(median(prompts) / 1000).toFixed(1)} s`,
    prompts.length === 0 ? '–' : `${read} of ${asked}`,
  ];
}

const folder = mkdtempSync(join(tmpdir(), 'chatstream-targets-'));
const servers: ServerProcess[] = [];
try {
  const model = await benchmarkModel(modelKind, folder);
  const start = async (...more: readonly string[]): Promise<ServerProcess> => {
    const size = ['-n', String(Number(chats) + 1), '--context', '4096', '--gpu', 'off', '--threads', '1'];
    const server = await startChatstream(['-m', model.path, ...size, ...more]);
    servers.push(server);
    return server;
  };
  const plain = await start();
  const usual = await measure(plain, 0);
  const targetMs = Math.round(quantile(usual.tpotMs, 0.99) * targetFactor);
  const adapting = await start('--tpot-target', `${targetMs}ms`);
  const quiet: Phase[] = [];
  const whole: Phase[] = [];
  const adapted: Phase[] = [];
  for (let repeat = 0; repeat < Number(repeats); repeat += 1) {
    quiet.push(await measure(plain, 0));
    whole.push(await measure(plain, promptsPerPhase));
    quiet.push(await measure(adapting, 0));
    adapted.push(await measure(adapting, promptsPerPhase));
    console.error(`repeat ${repeat + 1}: load average ${(loadavg()[0] ?? Number.NaN).toFixed(1)}`);
  }
  const usualMs = quantile(
    quiet.flatMap(({ tpotMs }) => tpotMs),
    0.99,
  );
  console.log(
    `Model: ${model.name}; ${chats} chats, a prompt of ${promptWords} words every ${everySeconds} s, ` +
      `target ${targetMs} ms\n`,
  );
  console.log(
    markdownTable(
      ['', 'TPOT p99 of chats', '÷ alone', 'TTFT of chats', 'TTFT of long prompts', 'read in time'],
      [
        row('chats alone', quiet, usualMs),
        row('with long prompts, whole chunks', whole, usualMs),
        row('with long prompts, --tpot-target', adapted, usualMs),
      ],
    ),
  );
} finally {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true });
}
