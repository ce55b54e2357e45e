import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { environmentWithoutSecrets } from '../../core/base/processes/environment.js';
import { signalChild } from '../../core/base/processes/signal-child.js';
import type { LoadEnd, LoadOrder, StartLoad } from '../../core/server/console/load-tests.js';
import { exitCodes } from '../exit/exit-codes.js';

/** How long a bench may take for its report after it was asked to end. */
const reportingMs = 10_000;

/** How many characters are kept of its messages: the last ones. */
const mostKept = 4000;

const nullableNumber = Type.Union([Type.Number(), Type.Null()]);

const figures = Compile(
  Type.Object({
    phase: Type.Enum(['warm-up', 'measuring', 'extending', 'finishing']),
    elapsedMs: Type.Number(),
    plannedMs: nullableNumber,
    completed: Type.Integer(),
    inFlight: Type.Integer(),
    failed: Type.Integer(),
    outputTokensPerSecond: Type.Number(),
    ttftP50Ms: nullableNumber,
    ttftP95Ms: nullableNumber,
  }),
);

/**
 * Starts load tests as `chatstream bench` in processes of their own.
 *
 * @param packageRoot where `bin/` is
 */
export function loadStarter(packageRoot: string): StartLoad {
  return (order) => {
    const folder = mkdtempSync(join(tmpdir(), 'chatstream-load-'));
    const report = join(folder, 'report.html');
    const child = spawn(process.execPath, [join(packageRoot, 'bin', 'run.js'), ...benchArguments(order, report)], {
      cwd: folder,
      env: benchEnvironment(process.env, order.apiKey),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    // Its end tells whether it could be started. A later error, such as a kill that came too late, changes nothing.
    child.on('error', () => undefined);
    child.on('message', (message) => {
      if (figures.Check(message)) order.onFigures(message);
    });
    let timer: NodeJS.Timeout | undefined;
    return {
      ended: endOf(child, report).finally(async () => {
        clearTimeout(timer);
        await rm(folder, { recursive: true, force: true });
      }),
      stop: () => {
        signalChild(child, 'SIGTERM');
        timer = setTimeout(() => {
          signalChild(child, 'SIGKILL');
        }, reportingMs);
      },
      kill: () => {
        signalChild(child, 'SIGKILL');
      },
    };
  };
}

function benchArguments(order: LoadOrder, report: string): readonly string[] {
  const { url, clients, durationSeconds, outputTokens, model } = order;
  return [
    'bench',
    ...['--url', url, '--concurrency', String(clients), '--duration', `${durationSeconds}s`],
    ...['--output-tokens', String(outputTokens), '--output', report, '--log-level', 'warn'],
    ...(model === null ? [] : [`--model-name=${model}`]),
  ];
}

/** Without the variables of our flags, which are meant for the server. Only the key is set. */
export function benchEnvironment(environment: NodeJS.ProcessEnv, apiKey: string): NodeJS.ProcessEnv {
  const others = Object.entries(environmentWithoutSecrets(environment)).filter(
    ([name]) => !name.startsWith('CHATSTREAM_'),
  );
  return { ...Object.fromEntries(others), CHATSTREAM_API_KEY: apiKey, NO_COLOR: '1' };
}

async function endOf(child: ChildProcess, report: string): Promise<LoadEnd> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-mostKept);
  });
  try {
    await once(child, 'close');
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), report: null };
  }
  const isDone = child.exitCode === exitCodes.done;
  return {
    problem: isDone ? null : said.trim() || 'The load generator ended without an error message.',
    report: await readFile(report, 'utf8').catch(() => null),
  };
}
