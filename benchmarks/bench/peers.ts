import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchResult } from '../../src/core/measurement/result-schema.js';
import { markdownTable } from '../support/markdown.js';
import { startScript } from '../support/processes.js';
import { quantile, ratios, spread } from '../support/statistics.js';

/**
 * How accurate other load generators are, and what they cost, next to `chatstream bench`: the TTFT that each reports
 * against the server's own, and the CPU time per token event. They take turns at one server. GUIDELLM and AIPERF name the
 * programs if they are not on the PATH; a tool that is not installed is left out, and the table says so.
 */
const streams = 32;
const tokens = 40;
/** Two runs each: what a tool does once, such as starting, cancels out in the difference of their CPU times. */
const requests = { short: 192, long: 960 };
const repeats = 3;
const longestRunSeconds = 180;

interface Ttft {
  readonly count: number;
  readonly meanMs: number;
  readonly p95Ms: number;
}

interface Tool {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly args: (url: string, requestCount: number, folder: string) => readonly string[];
  /** What it reports, from the file that it has written to the folder. */
  readonly ttft: (folder: string) => Promise<Ttft>;
}

interface Sample {
  readonly reported: Ttft;
  readonly served: Ttft;
  readonly usPerEvent: number;
}

type Log = Readonly<Record<string, { readonly receivedUs: number; readonly sentUs: readonly number[] }>>;

const run = promisify(execFile);
const jsonFrom = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

const chatstream: Tool = {
  name: 'chatstream bench',
  command: [process.execPath, 'bin/run.js'],
  args: (url, requestCount, folder) => [
    ...['bench', '--url', url, '-c', String(streams), '-r', String(requestCount), '--warmup', '0'],
    ...['--output-tokens', String(tokens), '-o', join(folder, 'result.json')],
  ],
  ttft: async (folder) => {
    const { runs } = (await jsonFrom(join(folder, 'result.json'))) as BenchResult;
    const { count = 0, mean, p95 } = runs[0]?.metrics.ttft ?? {};
    return { count, meanMs: mean ?? Number.NaN, p95Ms: p95 ?? Number.NaN };
  },
};

const guidellm: Tool = {
  name: 'guidellm',
  command: [process.env['GUIDELLM'] ?? 'guidellm'],
  args: (url, requestCount, folder) => [
    ...['run', '--backend', `kind=openai_http,target=${url},model=timed`, '--disable-console-interactive'],
    ...['--profile', `kind=concurrent,streams=${streams}`, '--constraint', `kind=max_requests,count=${requestCount}`],
    ...['--tokenizer', `kind=hf_auto,model=${folder}`, '--output', `kind=json,path=${join(folder, 'guidellm.json')}`],
    ...['--data', `kind=synthetic_text,prompt_tokens=64,output_tokens=${tokens}`],
  ],
  ttft: async (folder) => {
    const { benchmarks } = (await jsonFrom(join(folder, 'guidellm.json'))) as {
      readonly benchmarks: readonly [
        {
          readonly metrics: {
            readonly time_to_first_token_ms: {
              readonly successful: { count: number; mean: number; percentiles: { p95: number } };
            };
          };
        },
      ];
    };
    const { count, mean, percentiles } = benchmarks[0].metrics.time_to_first_token_ms.successful;
    return { count, meanMs: mean, p95Ms: percentiles.p95 };
  },
};

const aiperf: Tool = {
  name: 'AIPerf',
  command: [process.env['AIPERF'] ?? 'aiperf'],
  args: (url, requestCount, folder) => [
    ...['profile', '-m', 'timed', '--url', url, '--endpoint-type', 'chat', '--streaming', '--ui', 'none'],
    ...['--concurrency', String(streams), '--request-count', String(requestCount), '--isl', '64'],
    ...['--osl', String(tokens), '--tokenizer', folder, '--use-server-token-count'],
    ...['--no-server-metrics', '--no-gpu-telemetry', '--artifact-dir', folder],
  ],
  ttft: async (folder) => {
    const { time_to_first_token: ttft } = (await jsonFrom(join(folder, 'profile_export_aiperf.json'))) as {
      readonly time_to_first_token: { readonly count: number; readonly avg: number; readonly p95: number };
    };
    return { count: ttft.count, meanMs: ttft.avg, p95Ms: ttft.p95 };
  },
};

/** The version of a tool; an `Error` that says why it cannot run. */
async function versionOf({ command: [program, ...args] }: Tool): Promise<string | Error> {
  try {
    const { stdout } = await run(program, [...args, '--version'], { timeout: 60_000 });
    return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? 'unknown';
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A vocabulary of single words, so that no tokenizer is downloaded; the tools make prompts from it. */
async function writeTokenizer(folder: string): Promise<void> {
  const words = ['[UNK]', ...Array.from({ length: 500 }, (_, index) => `w${index}`)];
  const model = {
    type: 'WordLevel',
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    unk_token: '[UNK]',
  };
  const tokenizer = { version: '1.0', added_tokens: [], pre_tokenizer: { type: 'Whitespace' }, model };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  const config = { tokenizer_class: 'PreTrainedTokenizerFast', unk_token: '[UNK]' };
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
}

/** Runs a tool to its end. @returns the CPU time of all its processes in microseconds */
async function cpuUsOf({ command }: Tool, args: readonly string[], folder: string): Promise<number> {
  // `times` prints the shell's own times and, in its second line, those of all processes below it: 0m1.234s 0m0.567s
  const script = `timeout -k 5 ${longestRunSeconds} "$@" >"$0" 2>&1 || { tail -n 20 "$0" >&2; exit 1; }; times`;
  // No tool may look for anything on a hub.
  const env = { ...process.env, HF_ENDPOINT: 'http://127.0.0.1:9', HF_HUB_DISABLE_TELEMETRY: '1', DO_NOT_TRACK: '1' };
  const { stdout } = await run('bash', ['-c', script, join(folder, 'output.txt'), ...command, ...args], { env });
  const below = stdout.split('\n')[1] ?? '';
  const seconds = [...below.matchAll(/(\d+)m([\d.]+)s/g)].map(([, min, s]) => Number(min) * 60 + Number(s));
  return seconds.reduce((sum, each) => sum + each, 0) * 1e6;
}

/** Of the requests that a tool has measured: the last ones. It may have sent others to see what the server is. */
function ttftOfServer(log: Log, count: number): Ttft {
  const byArrival = Object.values(log).sort((a, b) => a.receivedUs - b.receivedUs);
  if (byArrival.length < count || byArrival.length > count + 5) {
    throw new Error(`${count} of ${byArrival.length} requests were reported`);
  }
  const times = byArrival
    .slice(-count)
    .map(({ receivedUs, sentUs }) => ((sentUs[0] ?? Number.NaN) - receivedUs) / 1000);
  const meanMs = times.reduce((sum, each) => sum + each, 0) / times.length;
  return { count, meanMs, p95Ms: quantile(times, 0.95) };
}

async function sampleOf(tool: Tool, url: string): Promise<Sample> {
  const folder = await mkdtemp(join(tmpdir(), 'peers-'));
  try {
    await writeTokenizer(folder);
    const shortUs = await cpuUsOf(tool, tool.args(url, requests.short, folder), folder);
    await fetch(`${url}/log`).then((response) => response.text());
    const longUs = await cpuUsOf(tool, tool.args(url, requests.long, folder), folder);
    const reported = await tool.ttft(folder);
    const served = ttftOfServer((await (await fetch(`${url}/log`)).json()) as Log, reported.count);
    return { reported, served, usPerEvent: (longUs - shortUs) / ((requests.long - requests.short) * tokens) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const samples = new Map<Tool, Sample[]>();
const rows: string[][] = [];
const versions = new Map<Tool, string>();
for (const tool of [chatstream, guidellm, aiperf]) {
  const version = await versionOf(tool);
  if (version instanceof Error) {
    console.error(`${tool.name} is left out: ${version.message}`);
    rows.push([tool.name, 'not installed']);
  } else {
    versions.set(tool, version);
    samples.set(tool, []);
  }
}

const server = await startScript(fileURLToPath(new URL('timed-server.js', import.meta.url)));
try {
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const [tool, taken] of samples) taken.push(await sampleOf(tool, server.url));
  }
} finally {
  await server.stop();
}

const ours = (samples.get(chatstream) ?? []).map(({ usPerEvent }) => usPerEvent);
const measured = [...samples].map(([tool, taken]) => {
  const us = taken.map(({ usPerEvent }) => usPerEvent);
  return [
    tool.name,
    versions.get(tool) ?? '',
    spread(taken.map(({ served }) => served.meanMs)),
    spread(taken.map(({ reported, served }) => reported.meanMs - served.meanMs)),
    spread(taken.map(({ reported, served }) => reported.p95Ms - served.p95Ms)),
    spread(us, 1),
    tool === chatstream ? '1' : spread(ratios(ours, us)),
  ];
});
const header = [
  'load generator',
  'version',
  'TTFT of the server, mean ms',
  'error of the mean, ms',
  'error of the p95, ms',
];
console.log(markdownTable([...header, 'CPU µs per token event', 'chatstream ÷ this'], [...measured, ...rows]));
