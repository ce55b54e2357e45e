import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markdownTable } from '../support/markdown.js';
import { startChatstream } from '../support/processes.js';
import { writeDeeperModel } from './deeper-model.js';

/**
 * The gate on this machine, as a CI job uses it: two real servers, `bench --versus` as a process of its own, and busy loops
 * beside them. The same server twice, and one that is slower for certain; how often does the gate say so?
 *
 *     npm run benchmark gate/real [mock|bundled] [comparisons] [busy loops] [turns|duet]
 */
const [engine = 'mock', comparisons = '10', loops = '2', order = engine === 'mock' ? 'turns' : 'duet'] =
  process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), 'chatstream-gate-'));
const deeper = join(folder, 'deeper.gguf');

/** 9 blocks instead of 7 make a token take about a fifth longer, since it has other costs too. */
const moreBlocks = 2;

interface Case {
  readonly name: string;
  readonly baseline: readonly string[];
  readonly candidate: readonly string[];
  readonly trials: string;
}

const growing = '3..20';

const mock = (factor: number): readonly string[] => [
  ...['--engine', 'mock', '--slots', '4'],
  ...['--mock-prefill', `${20 * factor}ms`, '--mock-token', `${5 * factor}ms`],
];
const bundled = (model: string): readonly string[] => [
  '-m',
  model,
  '--slots',
  '4',
  '--threads',
  '1',
  '--context',
  '512',
];

const cases: readonly Case[] =
  engine === 'mock'
    ? [
        { name: 'nothing changed', baseline: mock(1), candidate: mock(1), trials: growing },
        { name: '20 % slower', baseline: mock(1), candidate: mock(1.2), trials: growing },
        { name: '30 % slower', baseline: mock(1), candidate: mock(1.3), trials: '5' },
      ]
    : [
        { name: 'nothing changed', baseline: bundled('bundled'), candidate: bundled('bundled'), trials: growing },
        {
          name: `${moreBlocks} blocks more`,
          baseline: bundled('bundled'),
          candidate: bundled(deeper),
          trials: growing,
        },
      ];

const load = ['--output-tokens', '8', '-r', engine === 'mock' ? '30' : '40'];
const always = ['ttft.p50>10%', 'output_tokens_per_second<10%'];
/** The bundled model's tokens take a millisecond, so that the time per token shows the busy loops more than the server. */
const thresholds = engine === 'mock' ? [...always, 'tpot.p50>10%'] : always;

interface Row {
  readonly metric: string;
  readonly ratio: number | null;
  readonly verdict: string | null;
  readonly reason: string | null;
}

interface Outcome {
  readonly verdict: string;
  readonly rows: readonly Row[];
  readonly trials: number;
  readonly seconds: number;
}

/** Comparisons with the same servers: starting them takes longer than many a verdict, and two starts are never quite alike. */
const perStart = 5;

async function compareTimes(times: number, { baseline, candidate, trials }: Case): Promise<readonly Outcome[]> {
  const servers = await Promise.all([startChatstream(candidate), startChatstream(baseline)]);
  const [url = '', versus = ''] = servers.map((server) => server.url);
  const outcomes: Outcome[] = [];
  try {
    while (outcomes.length < times) outcomes.push(await compareOnce(url, versus, trials));
    return outcomes;
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function compareOnce(url: string, versus: string, trials: string): Promise<Outcome> {
  const result = join(folder, 'result.json');
  const beganMs = performance.now();
  const both = ['--url', url, '--versus', versus, ...(order === 'duet' ? ['--duet'] : [])];
  const args = ['bench', ...both, '-c', '4', '-n', '4', ...load, '--warmup', '100ms'];
  const gate = ['--trials', trials, '--max-duration', '3m', '--fail-on', thresholds.join(','), '--allow', 'model'];
  const child = spawn(process.execPath, ['bin/run.js', ...args, ...gate, '--json', '-o', result], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = await text(child);
  const seconds = (performance.now() - beganMs) / 1000;
  const { comparison } = JSON.parse(output) as { comparison: { verdict: string; rows: Row[] } };
  const { runs } = JSON.parse(readFileSync(result, 'utf8')) as { runs: unknown[] };
  return { ...comparison, trials: runs.length, seconds };
}

function lineOf(name: string, { verdict, trials, seconds, rows }: Outcome): string {
  const judged = rows.flatMap(({ metric, ratio, verdict: own, reason }) =>
    own === null ? [] : `${metric} ${ratio?.toFixed(2) ?? '–'} ${own}${reason === null ? '' : ` (${reason})`}`,
  );
  return `${name}: ${verdict}, ${trials} trials, ${seconds.toFixed(0)} s: ${judged.join('; ')}`;
}

async function text(child: ChildProcess): Promise<string> {
  const pieces: Buffer[] = [];
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
  await once(child, 'close');
  return Buffer.concat(pieces).toString('utf8');
}

/** Ends by itself if this process is killed, so that it never disturbs the next measurement. */
const busyLoop = 'const parent = process.ppid; while (process.ppid === parent) for (let i = 0; i < 1e8; i++);';
const busy = Array.from({ length: Number(loops) }, () => spawn(process.execPath, ['-e', busyLoop]));
try {
  if (engine !== 'mock') writeDeeperModel('models/bundled.gguf', deeper, moreBlocks);
  const outcomes = new Map(cases.map(({ name }) => [name, new Array<Outcome>()]));
  for (let done = 0; done < Number(comparisons); done += perStart) {
    const times = Math.min(perStart, Number(comparisons) - done);
    for (const each of cases) {
      for (const [index, outcome] of (await compareTimes(times, each)).entries()) {
        outcomes.get(each.name)?.push(outcome);
        console.error(lineOf(`${done + index + 1} ${each.name}`, outcome));
      }
    }
  }
  const table = [...outcomes].flatMap(([name, all]) => {
    const metrics = ['all together', ...thresholds.map((threshold) => threshold.split(/[<>]/, 1)[0] ?? '')];
    return metrics.map((metric) => {
      const verdicts = all.map(
        ({ verdict, rows }) =>
          rows.find((row) => row.metric === metric)?.verdict ?? (metric === 'all together' ? verdict : ''),
      );
      const count = (...wanted: readonly string[]): string =>
        `${verdicts.filter((verdict) => wanted.includes(verdict)).length} of ${all.length}`;
      const middle = (values: readonly number[]): string =>
        (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(0);
      return [
        ...[engine, name, metric, count('regression'), count('inconclusive'), count('pass', 'improvement')],
        ...[middle(all.map(({ trials }) => trials)), middle(all.map(({ seconds }) => seconds))],
      ];
    });
  });
  const figures = ['regression', 'inconclusive', 'pass', 'trials, median', 'seconds, median'];
  console.log(markdownTable(['server', 'candidate', 'metric', ...figures], table));
} finally {
  for (const loop of busy) loop.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}
