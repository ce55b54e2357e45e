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
 * and without it, in turns, each without long prompts and with one every so many seconds. The target is 1.4 times the p99
 * of the chats alone. A prompt counts as read when its first token is there, in the phase in which it arrived.
 *
 *     npm run benchmark serve/targets [bundled|smollm2|gemma|synthetic] [chats] [words] [prompt every s,…] [repeats]
 */
const [modelKind = 'smollm2', chats = '3', promptWords = '80', intervals = '15,7.5,5', repeats = '2'] =
  process.argv.slice(2);
const phaseMs = 30_000;
const everySeconds = intervals.split(',').map(Number);
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
  /** Tokens of the long prompts that were read before the phase was over, per second of the phase. */
  readonly promptTokensPerSecond: number;
}

interface Reading {
  readonly ttftMs: number;
  readonly endMs: number;
  readonly promptTokens: number;
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

/** Asks for one token after a long prompt, in one body: its arrival is the prompt's time to first token. */
async function readPrompt({ url }: ServerProcess): Promise<Reading> {
  const startMs = performance.now();
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: prompt(Number(promptWords)), max_tokens: 1, ignore_eos: true, temperature: 0 }),
  });
  const { usage } = (await response.json()) as { usage: { prompt_tokens: number } };
  const endMs = performance.now();
  return { ttftMs: endMs - startMs, endMs, promptTokens: usage.prompt_tokens };
}

async function talk(server: ServerProcess, untilMs: number): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  while (performance.now() < untilMs) answers.push(await answer(server, 2, answerTokens));
  return answers;
}

/** Chats for the length of a phase, beside `prompts` long prompts at even distances. */
async function measure(server: ServerProcess, prompts: number): Promise<Phase> {
  const untilMs = performance.now() + phaseMs;
  const talking = Array.from({ length: Number(chats) }, () => talk(server, untilMs));
  const reading = Array.from({ length: prompts }, async (_, index) => {
    await delay((index * phaseMs) / prompts);
    return await readPrompt(server);
  });
  const read = await Promise.all(reading);
  const answers = (await Promise.all(talking)).flat();
  const inTime = read.filter(({ endMs }) => endMs <= untilMs);
  return {
    tpotMs: answers.map(({ tpotMs }) => tpotMs).filter(Number.isFinite),
    chatTtftMs: answers.map(({ ttftMs }) => ttftMs),
    promptTtftMs: read.map(({ ttftMs }) => ttftMs),
    promptTokensPerSecond: inTime.reduce((sum, { promptTokens }) => sum + promptTokens, 0) / (phaseMs / 1000),
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
  const reading = prompts.length > 0;
  return [
    name,
    `${tpot.toFixed(1)} ms`,
    (tpot / usualMs).toFixed(2),
    `${median(all(({ chatTtftMs }) => chatTtftMs)).toFixed(0)} ms`,
    reading ? `${(median(prompts) / 1000).toFixed(1)} s` : '–',
    reading ? median(phases.map(({ promptTokensPerSecond: rate }) => rate)).toFixed(0) : '–',
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
  const whole = everySeconds.map((): Phase[] => []);
  const adapted = everySeconds.map((): Phase[] => []);
  for (let repeat = 0; repeat < Number(repeats); repeat += 1) {
    for (const [server, phases] of [
      [plain, whole],
      [adapting, adapted],
    ] as const) {
      quiet.push(await measure(server, 0));
      for (const [index, seconds] of everySeconds.entries()) {
        phases[index]?.push(await measure(server, Math.round(phaseMs / 1000 / seconds)));
      }
    }
    console.error(`repeat ${repeat + 1}: load average ${(loadavg()[0] ?? Number.NaN).toFixed(1)}`);
  }
  const usualMs = quantile(
    quiet.flatMap(({ tpotMs }) => tpotMs),
    0.99,
  );
  console.log(
    `Model: ${model.name}; ${chats} chats, long prompts of ${promptWords} words, ` + `target ${targetMs} ms\n`,
  );
  console.log(
    markdownTable(
      ['', 'TPOT p99 of chats', '÷ alone', 'TTFT of chats', 'TTFT of long prompts', 'prompt tokens/s'],
      [
        row('chats alone', quiet, usualMs),
        ...everySeconds.flatMap((seconds, index) => [
          row(`a prompt every ${seconds} s, whole chunks`, whole[index] ?? [], usualMs),
          row(`a prompt every ${seconds} s, --tpot-target`, adapted[index] ?? [], usualMs),
        ]),
      ],
    ),
  );
} finally {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true });
}
