import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type BenchGateFlags, type BenchVerdict, prepareGate } from '../../../src/cli/bench/gate.js';
import { describeMachine } from '../../../src/core/bench/result/machine.js';
import type { BenchResult } from '../../../src/core/measurement/result-schema.js';
import { summarise } from '../../../src/core/measurement/settings/summarise.js';
import { resultOf } from '../../core/compare/sides.js';
import { optionsOf } from './options/parse-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-gate-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What the results of test/support are made with. */
const options = await optionsOf('--url', 'http://127.0.0.1:8000', '--trials', '5');

const here = { machine: await describeMachine(), plan: { input_tokens: '64', output_tokens: '64' } };
const base = resultOf(1, {}, here);
const slower = resultOf(1.3, {}, here, 2);
const faster = resultOf(0.9, {}, here, 3);

function fileOf(result: BenchResult): string {
  const path = join(folder, 'base.json');
  writeFileSync(path, JSON.stringify(result));
  return path;
}

function flags(given: Partial<BenchGateFlags>): BenchGateFlags {
  const none = { baseline: undefined, versus: undefined, 'fail-on': undefined, allow: undefined };
  const extent = { trials: { least: 5, most: 5 }, requests: undefined };
  return { ...none, ...extent, strict: false, github: false, 'enforce-slo': false, ...given };
}

async function judge(given: Partial<BenchGateFlags>, result: BenchResult): Promise<BenchVerdict> {
  return (await prepareGate(flags(given), options)).judge(result, summarise(result.runs));
}

describe('a gate in bench', () => {
  it('needs something to compare with', async () => {
    await expect(prepareGate(flags({ 'fail-on': [['ttft.p95>10%']] }), options)).rejects.toMatchObject({
      code: 'usage',
      hint: 'Add --versus URL (measured alternately, most reliable) or --baseline result.json.',
    });
  });

  it('refuses a baseline of another load or machine before anything is measured', async () => {
    const loads = fileOf({ ...base, plan: { ...base.plan, warmup_ms: 5000 } });
    await expect(prepareGate(flags({ baseline: loads }), options)).rejects.toThrow('plan.warmup_ms (5 s and 1 s)');
    const machines = fileOf({ ...base, machine: { ...base.machine, cpu: 'Another 1000' } });
    await expect(prepareGate(flags({ baseline: machines }), options)).rejects.toThrow('machine.cpu');
    await expect(prepareGate(flags({ baseline: machines, allow: [['machine.cpu']] }), options)).resolves.toBeDefined();
  });

  it('refuses a threshold for the limit of a search where none is run, before anything is measured', async () => {
    const limit = [['ttft.p95>10%', 'find_max<10%']];
    await expect(
      prepareGate(flags({ versus: 'http://127.0.0.1:8001', 'fail-on': limit }), options),
    ).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringMatching(/^Searches cannot be measured alternately/) as string,
    });
    await expect(prepareGate(flags({ baseline: fileOf(base), 'fail-on': limit }), options)).rejects.toMatchObject({
      code: 'usage',
      message: '--fail-on find_max needs a search, and this bench does not run one.',
      hint: expect.stringMatching(/^Add --find-max/) as string,
    });
  });

  it('takes a baseline with other objectives', async () => {
    const objectives = fileOf({ ...base, plan: { ...base.plan, slo: ['ttft.p95<1s'] } });
    await expect(prepareGate(flags({ baseline: objectives }), options)).resolves.toBeDefined();
  });

  it('compares with a baseline file, and exits with 10 on a regression', async () => {
    const given = { baseline: fileOf(base), 'fail-on': [['e2e.p50>10%']] };
    expect(await judge(given, slower)).toMatchObject({ exitCode: 10, comparison: { verdict: 'regression' } });
    expect(await judge(given, faster)).toMatchObject({ exitCode: 0, comparison: { verdict: 'pass' } });
  });

  it('compares the two servers of --versus, the second being the baseline', async () => {
    const result = { ...slower, versus: { target: base.target, runs: base.runs } };
    const verdict = await judge({ versus: 'http://127.0.0.1:8001', 'fail-on': [['e2e.p50>10%']] }, result);
    expect(verdict.exitCode).toBe(10);
    expect(verdict.comparison?.interleaved).toBe(true);
    expect(verdict.text({ colour: false, width: 100 })).toContain('measured alternately');
  });

  it('refuses servers with different models before they are measured, with --strict and without --allow model', async () => {
    const other = { ...base.target, model: 'another' };
    const versus = 'http://127.0.0.1:8001';
    const gateOf = async (given: Partial<BenchGateFlags>) => await prepareGate(flags({ versus, ...given }), options);
    const strict = await gateOf({ strict: true });
    expect(() => {
      strict.checkTargets(base.target, other);
    }).toThrow(`they have "another" (baseline) and "${base.target.model}" (candidate)`);
    for (const [gate, baseline] of [
      [strict, base.target],
      [strict, null],
      [await gateOf({ strict: false }), other],
      [await gateOf({ strict: true, allow: [['model']] }), other],
    ] as const) {
      expect(() => {
        gate.checkTargets(base.target, baseline);
      }).not.toThrow();
    }
  });

  it('keeps what was measured if it turns out not to be comparable', async () => {
    const other = { ...slower, target: { ...slower.target, model: 'another' } };
    const verdict = await judge({ baseline: fileOf(base) }, other);
    expect(verdict).toMatchObject({ comparison: null, refusal: { code: 'usage' } });
    expect(verdict.refusal?.message).toContain('model');
  });

  it('prints nothing without --baseline, --versus and --enforce-slo', async () => {
    const verdict = await judge({}, base);
    expect(verdict).toMatchObject({ comparison: null, refusal: null, exitCode: 0 });
    expect(verdict.text({ colour: false, width: 100 })).toBe('');
  });
});

describe('--enforce-slo', () => {
  const missing = { ...base, plan: { ...base.plan, slo: ['ttft.p95<1ms'] } };
  const unknown = { ...base, plan: { ...base.plan, slo: ['ttft.p99.9<1h'] } };

  it('exits with 12 if an objective is missed, and says where', async () => {
    const verdict = await judge({ 'enforce-slo': true }, missing);
    expect(verdict.exitCode).toBe(12);
    expect(verdict.text({ colour: false, width: 100 })).toMatch(/^Objective missed: ttft\.p95<1ms at 8 clients/);
    expect((await judge({}, missing)).exitCode).toBe(0);
  });

  it('exits with 11 if the gate is inconclusive, but only with --strict', async () => {
    expect((await judge({ 'enforce-slo': true }, unknown)).exitCode).toBe(0);
    expect((await judge({ 'enforce-slo': true, strict: true }, unknown)).exitCode).toBe(11);
  });

  it('cannot pass if the measurement ended early: what is missing may have missed it', async () => {
    const met = { ...base, plan: { ...base.plan, slo: ['e2e.p95<1m'] } };
    const ended = { ...met, interrupted: true };
    expect(await judge({ 'enforce-slo': true, strict: true }, met)).toMatchObject({
      exitCode: 0,
      objectives: 'judged',
    });
    expect(await judge({ 'enforce-slo': true }, ended)).toMatchObject({ exitCode: 0, objectives: 'undecided' });
    const strict = await judge({ 'enforce-slo': true, strict: true }, ended);
    expect(strict.exitCode).toBe(11);
    expect(strict.text({ colour: false, width: 100 })).toContain('the measurement ended early');
  });

  it('comes after a regression', async () => {
    const both = { ...missing, runs: slower.runs, versus: { target: base.target, runs: base.runs } };
    const given = { versus: 'http://127.0.0.1:8001', 'fail-on': [['e2e.p50>10%']], 'enforce-slo': true };
    expect((await judge(given, both)).exitCode).toBe(10);
  });
});
