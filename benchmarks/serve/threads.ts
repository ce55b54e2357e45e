import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRate } from '../support/decode-rate.js';
import { markdownTable } from '../support/markdown.js';
import { type ServerProcess, startChatstream, startLlamaServer } from '../support/processes.js';
import { median, spread } from '../support/statistics.js';
import { benchmarkModel } from '../support/test-models.js';

/**
 * How close `--threads auto` comes to the best fixed number of compute threads, on a quiet machine or beside busy loops.
 * Every start calibrates anew; in each, all servers are measured in turns. Two of them have the same fixed number: what their
 * speeds differ by is noise, and no choice can be told from the best one by less.
 *
 *     npm run benchmark serve/threads [bundled|smollm2|gemma|synthetic] [busy loops] [starts] [rounds]
 */
const [modelKind = 'bundled', loops = '0', starts = '3', rounds = '3'] = process.argv.slice(2);
const slots = 8;
const contextPerSlot = 512;
const load = { promptTokens: 32, tokens: modelKind === 'bundled' ? 256 : 48 };

/** Ends by itself if this process is killed, so that it never disturbs the next measurement. */
const busyLoop = 'const parent = process.ppid; while (process.ppid === parent) for (let i = 0; i < 1e8; i++);';

interface Contender {
  readonly name: string;
  readonly start: (model: string) => Promise<ServerProcess>;
}

const fixed = Array.from({ length: Math.min(2, availableParallelism()) }, (_, index) => String(index + 1));
const ours = (threads: string): Contender => ({
  name: `chatstream, --threads ${threads}`,
  start: (model) =>
    startChatstream([
      '-m',
      model,
      '--gpu',
      'off',
      '-n',
      String(slots),
      '--context',
      String(contextPerSlot),
      '--threads',
      threads,
    ]),
});
const binary = process.env['LLAMA_SERVER'];
const theirs = (threads: string): Contender => ({
  name: `llama-server, ${threads} ${threads === '1' ? 'thread' : 'threads'}`,
  start: (model) => startLlamaServer(binary ?? '', model, { slots, contextPerSlot, threads }),
});
const most = ours(fixed.at(-1) ?? '1');
const contenders = [
  ours('auto'),
  ...fixed.map(ours),
  { ...most, name: `${most.name} again` },
  ...(binary === undefined ? [] : fixed.map(theirs)),
];

const folder = mkdtempSync(join(tmpdir(), 'chatstream-threads-'));
const busy = Array.from({ length: Number(loops) }, () => spawn(process.execPath, ['-e', busyLoop]));
try {
  const model = await benchmarkModel(modelKind, folder);
  const streams = [1, slots];
  /** Median rate of each start, by contender and number of streams. */
  const rates = contenders.map(() => streams.map((): number[] => []));
  for (let start = 0; start < Number(starts); start += 1) {
    const servers: ServerProcess[] = [];
    try {
      for (const contender of contenders) servers.push(await contender.start(model.path));
      const measured = contenders.map(() => streams.map((): number[] => []));
      for (let round = 0; round < Number(rounds); round += 1) {
        for (const [kind, count] of streams.entries()) {
          for (const [index, { url }] of servers.entries()) {
            measured[index]?.[kind]?.push(await decodeRate(url, { ...load, streams: count }));
          }
        }
      }
      for (const [index, kinds] of measured.entries()) {
        for (const [kind, all] of kinds.entries()) rates[index]?.[kind]?.push(median(all));
      }
    } finally {
      for (const server of servers) await server.stop();
    }
    console.error(`start ${start + 1}: ${contenders.map(({ name }, index) => `${name} ${rates[index]?.map((kind) => kind.at(-1)?.toFixed(0)).join('/')}`).join('; ')}`); // prettier-ignore
  }
  const [auto = [], again = []] = [rates[0], rates[fixed.length + 1]];
  const rows = streams.flatMap((count, kind) => {
    const ofAuto = contenders.map(({ name }, index) => {
      const all = rates[index]?.[kind] ?? [];
      return [String(count), name, spread(all, 1), ...comparison(auto[kind] ?? [], all)];
    });
    const noise = comparison(again[kind] ?? [], rates[fixed.length]?.[kind] ?? []);
    return [...ofAuto, [String(count), `again ÷ ${most.name}`, '', ...noise]];
  });
  console.log(`Model: ${model.name}; ${loops} busy loops, ${starts} starts\n`);
  console.log(markdownTable(['streams', 'server', 'tokens/s', 'auto ÷ this', 'worst start', 'starts ≥ 0.95'], rows));
} finally {
  for (const loop of busy) loop.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}

/** @returns the ratios of the starts, the lowest, and how many reach the aim */
function comparison(rates: readonly number[], others: readonly number[]): string[] {
  const ratios = rates.map((rate, start) => rate / (others[start] ?? NaN));
  const good = ratios.filter((ratio) => ratio >= 0.95).length;
  return [spread(ratios), Math.min(...ratios).toFixed(2), `${good} of ${ratios.length}`];
}
