import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRate } from '../support/decode-rate.js';
import { markdownTable } from '../support/markdown.js';
import { type ServerProcess, startChatstream, startLlamaServer } from '../support/processes.js';
import { median, ratios, spread } from '../support/statistics.js';
import { benchmarkModel } from '../support/test-models.js';

/**
 * On a GPU: decoded tokens per second of several numbers of streams, how fast prompts are read, one alone and one for each
 * slot at once, and how soon conversations that left their slots go on. chatstream with its defaults and with the other
 * prefill chunks, beside llama-server if LLAMA_SERVER names one, in turns.
 *
 *     npm run benchmark serve/gpu [8b|synthetic|smollm2|gemma|bundled] [streams] [repeats] [other prefill chunks] [cuda|vulkan|metal]
 */
const [modelKind = '8b', streamCounts = '1,8,32', repeats = '5', chunks = '', gpu = 'cuda'] = process.argv.slice(2);
const slots = 32;
const contextPerSlot = 2048;
const decodedTokens = 96;
const promptWords = { alone: 400, together: 120, conversation: 300 };
const everyLayer = 999;

interface Contender {
  readonly name: string;
  readonly server: ServerProcess;
}

interface Answered {
  readonly durationMs: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

interface Usage {
  readonly usage: {
    readonly prompt_tokens: number;
    readonly prompt_tokens_details?: { readonly cached_tokens: number };
  };
}

let asked = 0;

/** Words that no prompt before began with, so that no server finds anything in its cache. */
function newPrompt(words: number): string {
  asked += 1;
  return Array.from({ length: words }, (_, index) => `${(asked * 7919 + index * 31) % 997}`).join(' ');
}

/** Reads a prompt and generates one token. */
async function read({ server }: Contender, prompt: string): Promise<Answered> {
  const startMs = performance.now();
  const response = await fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, max_tokens: 1, temperature: 0, ignore_eos: true }),
  });
  if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
  const { usage } = (await response.json()) as Usage;
  const cachedTokens = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return { durationMs: performance.now() - startMs, promptTokens: usage.prompt_tokens, cachedTokens };
}

/** Prompt tokens per second of `count` prompts at once. */
async function prefillRate(contender: Contender, count: number, words: number): Promise<number> {
  const startMs = performance.now();
  const answers = await Promise.all(Array.from({ length: count }, () => read(contender, newPrompt(words))));
  return (sum(answers.map(({ promptTokens }) => promptTokens)) / (performance.now() - startMs)) * 1000;
}

interface Returned {
  /** Median time of a second turn until its first token. */
  readonly turnMs: number;
  readonly cachedShare: number;
}

/** Twice as many conversations as slots; then the second turn of each, eight at a time. */
async function returning(contender: Contender): Promise<Returned> {
  const prompts = Array.from({ length: slots * 2 }, () => newPrompt(promptWords.conversation));
  const first: Answered[] = [];
  for (let at = 0; at < prompts.length; at += 8)
    first.push(...(await Promise.all(prompts.slice(at, at + 8).map((prompt) => read(contender, prompt)))));
  const second: Answered[] = [];
  for (let at = 0; at < prompts.length; at += 8)
    second.push(
      ...(await Promise.all(prompts.slice(at, at + 8).map((prompt) => read(contender, `${prompt} 1 2 3 4 5 6 7 8`)))),
    );
  return {
    turnMs: median(second.map(({ durationMs }) => durationMs)),
    cachedShare:
      sum(second.map(({ cachedTokens }) => cachedTokens)) / sum(first.map(({ promptTokens }) => promptTokens)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

interface Figure {
  readonly name: string;
  readonly measure: (contender: Contender) => Promise<number>;
  /** Whether a smaller value is the better one. */
  readonly isTime?: boolean;
  readonly digits: number;
}

const cachedShares = new Map<string, number>();
const figures: readonly Figure[] = [
  ...streamCounts.split(',').map((count) => ({
    name: `decoded tokens/s, ${count} ${count === '1' ? 'stream' : 'streams'}`,
    measure: ({ server }: Contender) =>
      decodeRate(server.url, { streams: Number(count), promptTokens: 32, tokens: decodedTokens }),
    digits: 1,
  })),
  {
    name: 'prompt tokens/s, one prompt',
    measure: (contender) => prefillRate(contender, 1, promptWords.alone),
    digits: 0,
  },
  {
    name: `prompt tokens/s, ${slots} prompts at once`,
    measure: (contender) => prefillRate(contender, slots, promptWords.together),
    digits: 0,
  },
  {
    name: 'second turn of a conversation that left its slot, ms',
    measure: async (contender) => {
      const { turnMs, cachedShare } = await returning(contender);
      cachedShares.set(contender.name, cachedShare);
      return turnMs;
    },
    isTime: true,
    digits: 1,
  },
];

const folder = mkdtempSync(join(tmpdir(), 'chatstream-gpu-'));
const contenders: Contender[] = [];
try {
  const model = await benchmarkModel(modelKind, folder);
  const size = ['-n', String(slots), '--context', String(contextPerSlot), '--gpu', gpu, '--queue-timeout', '0'];
  contenders.push({ name: 'chatstream', server: await startChatstream(['-m', model.path, ...size]) });
  for (const chunk of chunks.split(',').filter((text) => text !== '')) {
    const server = await startChatstream(['-m', model.path, ...size, '--prefill-chunk', chunk]);
    contenders.push({ name: `chatstream, --prefill-chunk ${chunk}`, server });
  }
  const binary = process.env['LLAMA_SERVER'];
  if (binary !== undefined) {
    const server = await startLlamaServer(binary, model.path, {
      slots,
      contextPerSlot,
      threads: '1',
      gpuLayers: everyLayer,
    });
    contenders.push({ name: 'llama-server', server });
  }
  const rows: string[][] = [];
  for (const { name, measure, isTime = false, digits } of figures) {
    const values = contenders.map((): number[] => []);
    for (let repeat = 0; repeat <= Number(repeats); repeat += 1) {
      for (const [index, contender] of contenders.entries()) {
        const value = await measure(contender);
        if (repeat > 0) values[index]?.push(value); // the first round warms up
      }
    }
    const ours = values[0] ?? [];
    for (const [index, contender] of contenders.entries()) {
      const theirs = values[index] ?? [];
      const better = isTime ? ratios(theirs, ours) : ratios(ours, theirs);
      rows.push([name, contender.name, spread(theirs, digits), index === 0 ? '1' : spread(better)]);
    }
    console.error(rows.slice(-contenders.length).map((row) => row.join(' | ')).join('\n')); // prettier-ignore
  }
  console.log(`Model: ${model.name}; ${slots} slots of ${contextPerSlot} tokens, ${gpu}\n`);
  console.log(markdownTable(['', 'server', 'median (range)', 'how much better chatstream is'], rows));
  for (const [name, share] of cachedShares)
    console.log(`\nOf the tokens of the first turns, ${name} found ${(share * 100).toFixed(0)} % in its cache.`);
  if (binary === undefined) console.log('\nllama-server was not measured: LLAMA_SERVER names no binary.');
} finally {
  for (const { server } of contenders) await server.stop();
  rmSync(folder, { recursive: true });
}
