import { describe, expect, it } from 'vitest';
import { assembleResult, type Session } from '../../../../src/core/bench/result/assemble-result.js';
import { type BenchResult, resultSchema } from '../../../../src/core/measurement/result-schema.js';
import { benchResult } from '../../../support/bench-result.js';
import { parseAs } from '../../../support/parse-as.js';

const measured = benchResult({ settings: [{ maxConcurrency: 1 }, { maxConcurrency: 2 }] }).result;

async function resultOf(session: Partial<Session>): Promise<BenchResult> {
  const { result } = await assembleResult(
    { version: '1.2.3', objectives: [], findMax: null, command: null },
    {
      startedAt: new Date('2025-01-31T12:00:00Z'),
      finishedAt: new Date('2025-01-31T12:01:00Z'),
      target: measured.target,
      versus: null,
      plan: measured.plan,
      plannedSettings: 2,
      requests: { inFile: null, haveOwnLengths: false, serversGoOn: [true] },
      runs: measured.runs,
      warnings: [],
      endedEarly: null,
      search: null,
      ...session,
    },
  );
  return result;
}

describe('assembleResult', () => {
  it('says what was measured when, where and by which version, with the analysis', async () => {
    const result = await resultOf({});
    expect(parseAs(resultSchema, JSON.parse(JSON.stringify(result)))).toMatchObject({
      schema: 'chatstream.bench/v1',
      tool: { version: '1.2.3', node: process.version },
      started_at: '2025-01-31T12:00:00.000Z',
      finished_at: '2025-01-31T12:01:00.000Z',
      interrupted: false,
      runs: [{ settings: { max_concurrency: 1 } }, { settings: { max_concurrency: 2 } }],
      sweep: { knee: expect.any(Number) as number, recommendation: { reason: expect.any(String) as string } },
      warnings: [],
    });
    expect(result.machine.cores).toBeGreaterThanOrEqual(1);
    expect(result.machine.memory_bytes).toBeGreaterThan(0);
    expect(result.machine.os).toMatch(/^\S+ \S+/);
    expect(result).not.toHaveProperty('versus');
  });

  it('says why it ended early, first of all warnings if the user did not stop it', async () => {
    const endedEarly = { cause: 'target-lost', server: 'candidate', message: 'It is gone.' } as const;
    const result = await resultOf({ endedEarly, warnings: ['Something else.'] });
    expect(result).toMatchObject({ interrupted: true, ended_early: endedEarly });
    expect(result.warnings).toEqual(['The bench ended early: it is gone.', 'Something else.']);
  });

  it('does not warn of what the user did', async () => {
    const endedEarly = { cause: 'stopped', server: null, message: 'It was stopped.' } as const;
    expect(await resultOf({ endedEarly })).toMatchObject({ interrupted: true, ended_early: endedEarly, warnings: [] });
  });

  it('says how many requests had no answer if they are many', async () => {
    const { runs, plan } = benchResult({ settings: [{ completed: 50, errors: { http_500: 50 } }] }).result;
    const { warnings } = await resultOf({ runs, plan, plannedSettings: 1 });
    expect(warnings).toEqual([expect.stringMatching(/^50 % of the requests had no answer .* http_500/)]);
  });

  it('recommends nothing as long as settings have not been measured', async () => {
    const recommendation = async (plannedSettings: number): Promise<unknown> =>
      (await resultOf({ plannedSettings })).sweep.recommendation;
    expect(await recommendation(2)).not.toBeNull();
    expect(await recommendation(3)).toBeNull();
  });

  it('keeps the runs of the second server apart', async () => {
    const target = { ...measured.target, url: 'http://127.0.0.1:9' };
    const result = await resultOf({ versus: { target, runs: measured.runs } });
    expect(result.versus).toEqual({ target, runs: measured.runs });
    expect(result.interrupted).toBe(false);
  });
});
