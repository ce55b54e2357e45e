import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  expectSlowerCandidate,
  installOffline,
  packPackage,
  processesIn,
  RecipeRun,
  serverCommand,
} from '../support/recipe.js';
import { until } from '../support/until.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-recipe-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.runIf(process.platform === 'linux')('the CI recipe, from the packed package', () => {
  beforeAll(() => {
    installOffline(packPackage(folder), folder);
  });

  it('starts two servers, measures them alternately, writes the reports, and leaves nothing behind', async () => {
    const run = new RecipeRun(folder, {
      BASELINE_COMMAND: serverCommand(30),
      CANDIDATE_COMMAND: serverCommand(90),
    });
    await expectSlowerCandidate(run, join(folder, 'performance'));
    expect(processesIn(folder)).toEqual([]);
  });

  it('compares two models, and two servers with another flag, and says in what they differ', async () => {
    const run = new RecipeRun(folder, {
      BASELINE_COMMAND: `${serverCommand(30)} --model before=mock --max-queue 20`,
      CANDIDATE_COMMAND: `${serverCommand(90)} --model after=mock --max-queue 30`,
      REPORT_DIR: 'models',
    });
    await expectSlowerCandidate(run, join(folder, 'models'));
    expect(readFileSync(join(folder, 'models', 'report.md'), 'utf8')).toContain(
      'The sides differ in model ("before" and "after") and settings.max\\_queue (20 and 30).',
    );
  });

  it('ends everything that it has started when a signal ends it', async () => {
    const run = new RecipeRun(folder, {
      COMMAND: serverCommand(10),
      ALLOW_SAME: '1',
      BENCH_ARGS: '-c 1 -n 1 -r 5000 --warmup 0 --trials 5',
      REPORT_DIR: 'stopped',
    });
    const isServing = (side: string): boolean => {
      const log = join(folder, 'stopped', `${side}.log`);
      return existsSync(log) && readFileSync(log, 'utf8').includes('chatstream is ready');
    };
    await until(() => (isServing('baseline') && isServing('candidate')) || run.code !== undefined, 'both servers');
    run.signal('SIGTERM');
    expect(await run.end(), run.output).toBe(143);
    expect(processesIn(folder)).toEqual([]);
  });

  it('says why a server does not start, and ends the other one', async () => {
    const run = new RecipeRun(folder, {
      BASELINE_COMMAND: serverCommand(30),
      CANDIDATE_COMMAND: serverCommand('few'),
    });
    expect(await run.end()).toBe(1);
    expect(run.output).toContain('the candidate server ended before it was ready');
    expect(run.output).toContain('--mock-prefill');
    expect(processesIn(folder)).toEqual([]);
  });

  it('does not measure a server against itself for lack of a revision', async () => {
    const run = new RecipeRun(folder, { COMMAND: serverCommand(30), BASELINE_REVISION: '' });
    expect(await run.end()).toBe(1);
    expect(run.output).toContain('both sides are the same');
    expect(run.output).toContain("set BASELINE_REVISION (it is '')");
    expect(processesIn(folder)).toEqual([]);
  });

  it('waits for servers that run already at any address that bench takes', async () => {
    const [one, other] = [join(folder, 'one.sock'), join(folder, 'other.sock')];
    const run = new RecipeRun(folder, {
      BASELINE_URL: `unix:${one}`,
      CANDIDATE_URL: `unix:${other}`,
      READY_SECONDS: '1',
    });
    expect(await run.end()).toBe(3);
    expect(run.output).toContain(other);
  });

  it('says what is missing if a side has neither a command nor a URL', async () => {
    const run = new RecipeRun(folder, { CANDIDATE_URL: 'http://127.0.0.1:9' });
    expect(await run.end()).toBe(1);
    expect(run.output).toContain('the baseline server has neither a command nor a URL');
  });
});
