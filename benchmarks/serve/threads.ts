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
 * Every start calibrates anew; in each, all servers are measured in turns.
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
const contenders = [ours('auto'), ...fixed.map(ours), ...(binary === undefined ? [] : fixed.map(theirs))];

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
  const auto = rates[0] ?? [];
  const rows = streams.flatMap((count, kind) =>
    contenders.map(({ name }, index) => {
      const all = rates[index]?.[kind] ?? [];
      const ratios = (auto[kind] ?? []).map((rate, start) => rate / (all[start] ?? NaN));
      return [String(count), name, spread(all, 1), spread(ratios), Math.min(...ratios).toFixed(2)];
    }),
  );
  console.log(`Model: ${model.name}; ${loops} busy loops, ${starts} starts\n`);
  console.log(markdownTable(['streams', 'server', 'tokens/s', 'auto ÷ this', 'worst start'], rows));
} finally {
  for (const loop of busy) loop.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}
