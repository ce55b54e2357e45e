import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../test/support/seeded-random.js';
import { markdownTable } from '../support/markdown.js';
import { type ServerProcess, startChatstream, startLlamaServer } from '../support/processes.js';
import { median, ratios, spread } from '../support/statistics.js';
import { benchmarkModel } from '../support/test-models.js';

/**
 * Many people in conversations, on few slots: requests per second and the time to first token, of chatstream with its
 * prompt cache, of chatstream without, of chatstream with a slot for each conversation, and of llama-server with its defaults if
 * LLAMA_SERVER names one.
 *
 *     npm run benchmark serve/conversations [conversations] [turns] [repeats] [prompt cache] [smollm2|gemma|synthetic] [cache,none,slots,chunks,llama]
 */
const [
  conversations = '16',
  turns = '5',
  repeats = '2',
  promptCache = 'auto',
  modelKind = 'smollm2',
  kinds = 'cache,none,llama',
] = process.argv.slice(2);
const slots = 4;
const contextPerSlot = 2048;
const firstPromptTokens = 400;
const outputTokens = 16;
const words = 'time year people way day man thing woman life child world school state family student group'.split(' ');

/** Conversations with nothing in common; the words of one turn take about a token each. */
function writeConversations(path: string, seed: number): void {
  const random = seededRandom(seed);
  const text = (length: number): string =>
    Array.from({ length }, () => words[Math.floor(random() * words.length)] ?? '').join(' ');
  const lines = Array.from({ length: Number(conversations) }, () => {
    const messages = Array.from({ length: Number(turns) }, (_, turn) => [
      { from: 'human', value: text(turn === 0 ? firstPromptTokens : 30) },
      { from: 'gpt', value: text(outputTokens) },
    ]);
    return JSON.stringify({ conversations: messages.flat() });
  });
  writeFileSync(path, `${lines.join('\n')}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'chatstream-conversations-'));

interface Contender {
  readonly name: string;
  readonly start: (model: string) => Promise<ServerProcess>;
}

const size = [
  '--gpu',
  'off',
  '--queue-timeout',
  '0',
  '-n',
  String(slots),
  '--context',
  String(contextPerSlot),
  '--threads',
  '1',
];
const binary = process.env['LLAMA_SERVER'];
const contenders = kinds.split(',').flatMap((kind): Contender[] => {
  switch (kind) {
    case 'cache':
      return [chatstream(promptCache)];
    case 'none':
      return [chatstream('0')];
    case 'slots':
      return [chatstreamWithSlots()];
    case 'chunks':
      return [chatstreamWithChunks()];
    default:
      return binary === undefined ? [] : [llamaServer(binary)];
  }
});

function chatstream(cache: string): Contender {
  const start: Contender['start'] = (model) => startChatstream(['-m', model, ...size, '--prompt-cache', cache]);
  return { name: `chatstream, --prompt-cache ${cache}`, start };
}

/** With a slot for each conversation, none of which has to leave its own. */
function chatstreamWithSlots(): Contender {
  const start: Contender['start'] = (model) => startChatstream(['-m', model, ...size, '--slots', conversations]);
  return { name: `chatstream, --slots ${conversations}`, start };
}

/** Reads prompts in chunks that are as long as those of llama-server, for which generations wait as long. */
function chatstreamWithChunks(): Contender {
  const start: Contender['start'] = (model) => startChatstream(['-m', model, ...size, '--prefill-chunk', '512']);
  return { name: 'chatstream, --prefill-chunk 512', start };
}

function llamaServer(path: string): Contender {
  return {
    name: 'llama-server',
    start: (model) => startLlamaServer(path, model, { slots, contextPerSlot, threads: '1' }),
  };
}

interface Figures {
  readonly requestsPerSecond: number;
  readonly ttftMs: number;
  /** Cached prompt tokens ÷ prompt tokens that were part of the turn before. */
  readonly reused: number;
}

interface Sample {
  readonly state: string;
  readonly prompt_tokens: number;
  readonly cached_tokens: number | null;
  readonly metrics_us: { readonly ttft: number };
}

async function measure(url: string, prompts: string): Promise<Figures> {
  const requests = Number(conversations) * Number(turns);
  const samplesFile = join(folder, 'samples.jsonl');
  const resultFile = join(folder, 'result.json');
  const load = [
    '-c',
    conversations,
    '-n',
    String(slots),
    '-r',
    String(requests),
    '--prompts',
    prompts,
    '--output-tokens',
    String(outputTokens),
  ];
  const outputs = ['-o', resultFile, '--samples', samplesFile, '--json'];
  const args = ['bin/run.js', 'bench', '--url', url, ...load, '--warmup', '0', '--timeout', '20m', ...outputs];
  const bench = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(bench, 'close');
  const { runs } = JSON.parse(readFileSync(resultFile, 'utf8')) as {
    runs: { rates: { requests_per_second: number } }[];
  };
  const samples = readFileSync(samplesFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sample);
  const completed = samples.filter(({ state }) => state === 'completed');
  if (completed.length < requests) throw new Error(`${requests - completed.length} requests were not answered`);
  return {
    requestsPerSecond: runs[0]?.rates.requests_per_second ?? 0,
    ttftMs: median(completed.map(({ metrics_us: { ttft } }) => ttft)) / 1000,
    reused: sum(completed.map(({ cached_tokens: cached }) => cached ?? 0)) / repeatableTokens(completed),
  };
}

/** Prompt tokens of all turns but the last of each conversation: the longest prompts are those of the last turns. */
function repeatableTokens(samples: readonly Sample[]): number {
  const lengths = samples.map(({ prompt_tokens: tokens }) => tokens).sort((a, b) => a - b);
  return sum(lengths.slice(0, -Number(conversations)));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} % cached`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

try {
  const model = await benchmarkModel(modelKind, folder);
  const measured = contenders.map((): Figures[] => []);
  for (let repeat = 0; repeat < Number(repeats); repeat += 1) {
    const prompts = join(folder, `conversations-${repeat}.jsonl`);
    writeConversations(prompts, repeat + 1);
    for (const [index, { name, start }] of contenders.entries()) {
      const server = await start(model.path);
      try {
        const figures = await measure(server.url, prompts);
        measured[index]?.push(figures);
        const { requestsPerSecond, ttftMs, reused } = figures;
        console.error(
          `${repeat + 1} ${name}: ${requestsPerSecond.toFixed(2)}/s, TTFT ${ttftMs.toFixed(0)} ms, ${percent(reused)}`,
        );
      } finally {
        await server.stop();
      }
    }
  }
  const [ours = []] = measured;
  const column = (all: readonly Figures[], figure: keyof Figures): number[] => all.map((each) => each[figure]);
  const rows = contenders.map(({ name }, index) => {
    const all = measured[index] ?? [];
    return [
      name,
      spread(column(all, 'requestsPerSecond'), 2),
      spread(ratios(column(ours, 'requestsPerSecond'), column(all, 'requestsPerSecond'))),
      spread(
        column(all, 'ttftMs').map((ms) => ms / 1000),
        1,
      ),
      spread(ratios(column(all, 'ttftMs'), column(ours, 'ttftMs'))),
      spread(
        column(all, 'reused').map((share) => share * 100),
        0,
      ),
    ];
  });
  console.log(`Model: ${model.name}\n`);
  const heads = [
    'server',
    'requests/s',
    'first ÷ this',
    'TTFT p50, s',
    'this ÷ first',
    '% of repeatable tokens cached',
  ];
  console.log(markdownTable(heads, rows));
  if (binary === undefined) console.log('\nllama-server was not measured: LLAMA_SERVER names no binary.');
} finally {
  rmSync(folder, { recursive: true });
}
