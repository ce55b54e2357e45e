import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TenantLoad } from '../../../../src/core/bench/load/job/tenant-load.js';
import { MeasurementWindow, Pauses } from '../../../../src/core/bench/load/loops/load-run.js';
import { runProbes } from '../../../../src/core/bench/load/loops/probes.js';
import { ArrivalsOfTenants, TenantSupply } from '../../../../src/core/bench/load/supply/tenant-supply.js';
import { TurnsInOrder } from '../../../../src/core/bench/load/supply/turns-in-order.js';
import type { Tenant } from '../../../../src/core/bench/plan/tenants.js';
import { blockTokens } from '../../../../src/core/bench/plan/trace.js';
import { readTraceFile } from '../../../../src/core/bench/plan/trace-file.js';
import { prepareTenants, tenantLoads } from '../../../../src/core/bench/tenant-loads.js';
import { readPromptsFile } from '../../../../src/core/bench/workload/prompts-file.js';
import { requestBody } from '../../../../src/core/bench/workload/request-body.js';
import type { Turn } from '../../../../src/core/bench/workload/turn.js';
import { assumedScale } from '../../../../src/core/bench/workload/words.js';
import { createWorkload, type WorkloadSpec } from '../../../../src/core/bench/workload/workload.js';
import { singleRequests } from '../../../../src/core/measurement/workload/conversation-shape.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';
import { parseThinkTime } from '../../../../src/core/measurement/workload/think-time.js';

// A version that sends other bodies for the same seed measures something else: its results are not comparable with older
// ones, although their plans are equal.

const folder = mkdtempSync(join(tmpdir(), 'chatstream-plans-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const bodyOptions = { model: 'm', ignoreEos: true, omitted: [], extraBody: null };
const seeds = { seed: 1, salt: 0, scale: assumedScale };
const common = { ...seeds, outputTokens: parseLengths('16±4'), sharedPrefixTokens: 0 };
const synthetic: WorkloadSpec = { type: 'synthetic', inputTokens: parseLengths('64±16'), ...common };
const chat = { ...singleRequests, turns: parseLengths('2-4'), thinkTime: parseThinkTime('2s±1s') };

const prompts = Array.from({ length: 12 }, (_, index) => JSON.stringify({ prompt: `Question ${index}?` })).join('\n');
const shareGpt = Array.from({ length: 6 }, (_, index) =>
  JSON.stringify({
    conversations: ['A?', 'B.', 'C?'].map((text, turn) => ({
      from: turn % 2 === 0 ? 'human' : 'gpt',
      value: `${text} ${index}`,
    })),
  }),
).join('\n');
const mooncake = Array.from({ length: 10 }, (_, index) =>
  JSON.stringify({ timestamp: index * 500, input_length: 600 + index, output_length: 9, hash_ids: [0, index % 3] }),
).join('\n');
const azure = Array.from({ length: 10 }, (_, index) => `2023-11-16 18:15:4${index}.0000000,${20 + index},${5 + index}`);
const burstGpt = Array.from({ length: 10 }, (_, index) => `${index},s${index % 4},1,GPT-4,${30 + index},5,${35 + index},Conversation log`); // prettier-ignore

async function promptsOf(name: string, content: string): Promise<WorkloadSpec> {
  const { conversations, wishes } = await readPromptsFile(file(name, content), false);
  return { type: 'prompts', conversations, wishes, ...common };
}

async function traceOf(name: string, content: string): Promise<WorkloadSpec> {
  const { rows } = await readTraceFile(file(name, content));
  return { type: 'trace', rows, blockTokens, ...seeds };
}

const tenants: readonly Tenant[] = ['anna', 'ben'].map((name, index) => ({
  ...{
    name,
    key: null,
    portion: { type: 'share', share: index + 1 },
    weight: 1,
    priority: null,
    sharedPrefixTokens: 0,
  },
  ...{ prompts: { type: 'synthetic', inputTokens: parseLengths('32') }, outputTokens: parseLengths('8') },
  conversations: singleRequests,
}));

const client = { url: 'http://127.0.0.1:9', headers: {}, timeoutMs: 1000 };
const preparedTenants = async (): Promise<readonly TenantLoad[]> =>
  tenantLoads(await prepareTenants(tenants, seeds, 'chat'), { client, body: bodyOptions });

function firstTurns(spec: WorkloadSpec): readonly Turn[] {
  const turns = new TurnsInOrder(createWorkload(spec), 0);
  return Array.from({ length: 10 }, (_, index) => turns.at(index));
}

async function tenantTurns(): Promise<readonly Turn[]> {
  const loads = await preparedTenants();
  const arrivals = new ArrivalsOfTenants(loads, 1);
  const one = { run: 0, worker: 0, workers: 1 };
  const supplies = loads.map(
    ({ tenant, workload }, index) => new TenantSupply(createWorkload(workload), tenant, index, one),
  );
  return Array.from({ length: 10 }, (_, index) => arrivals.at(index)).flatMap(
    ({ tenant, number }) => supplies[tenant]?.arrival(number) ?? [],
  );
}

function hashOf(sent: readonly string[]): string {
  return createHash('sha256').update(sent.join('\n')).digest('hex').slice(0, 16);
}

/** The beginning of the SHA-256 of the first 10 bodies with seed 1. */
const bodies: readonly (readonly [string, string, () => Promise<readonly Turn[]> | readonly Turn[]])[] = [
  ['synthetic', '26d8df7e0b703b4c', () => firstTurns(synthetic)],
  ['a shared prefix', 'e8a2f6eb84ce4c72', () => firstTurns({ ...synthetic, sharedPrefixTokens: 24 })],
  ['turns', '3f1a6d8ba0522a07', () => firstTurns({ ...synthetic, shape: chat })],
  ['--prompts', 'f002ebfbee11745e', async () => firstTurns(await promptsOf('prompts.jsonl', prompts))],
  ['ShareGPT', '71d06207c293d402', async () => firstTurns(await promptsOf('share-gpt.jsonl', shareGpt))],
  ['tenants', '16978e63523043d8', tenantTurns],
  ['Mooncake', '060869a34b2037b2', async () => firstTurns(await traceOf('mooncake.jsonl', mooncake))],
  ['Azure', '6262ede3ccca6466', async () => firstTurns(await traceOf('azure.csv', ['TIMESTAMP,ContextTokens,GeneratedTokens', ...azure].join('\n')))], // prettier-ignore
  ['BurstGPT', '1df3d630c752bcd2', async () => firstTurns(await traceOf('burst.csv', ['Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type', ...burstGpt].join('\n')))], // prettier-ignore
];

describe('for the same seed, a version sends what the last one sent', () => {
  it.each(bodies)('the bodies of %s', async (_, known, turns) => {
    const own = await turns();
    expect(own).toHaveLength(10);
    expect(hashOf(own.map((turn) => requestBody(turn, bodyOptions)))).toBe(known);
  });

  it('after the same pauses', () => {
    const turns = firstTurns({ ...synthetic, shape: chat });
    expect(turns.map(({ thinkMs = 0 }) => Math.round(thinkMs))).toEqual([
      1798, 2717, 2357, 1832, 427, 2336, 1967, 0, 1811, 2253,
    ]);
  });

  it('from the same tenants', async () => {
    const arrivals = new ArrivalsOfTenants(await preparedTenants(), 1);
    const own = Array.from({ length: 20 }, (_, index) => arrivals.at(index).tenant);
    expect(own.join('')).toBe('11011101001111100110');
  });

  it('and the same probes', async () => {
    const sent: { readonly body: string; readonly atSeconds: number }[] = [];
    // All of them are due in the past, so that nothing waits.
    const window = new MeasurementWindow(0, { warmupMs: 0, durationMs: 3000, requests: null, extension: null });
    await runProbes(
      { rate: 1, seed: 1 },
      { run: 0, worker: 0, workers: 1, body: bodyOptions },
      window,
      new Pauses(),
      (body, intendedUs) => {
        sent.push({ body, atSeconds: intendedUs / 1e6 });
        return Promise.resolve();
      },
    );
    expect(sent.map(({ atSeconds }) => atSeconds)).toEqual([0.5, 1.5, 2.5]);
    expect(hashOf(sent.map(({ body }) => body))).toBe('24cf5327ab2e2475');
  });
});
