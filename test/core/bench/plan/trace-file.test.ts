import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { meanRate, shareOfTimes, timesOf } from '../../../../src/core/bench/plan/trace.js';
import { readTraceFile } from '../../../../src/core/bench/plan/trace-file.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-traces-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
const read = (content: string, longestMs?: number): ReturnType<typeof readTraceFile> => {
  const path = join(folder, `trace-${(files += 1)}`);
  writeFileSync(path, content);
  return readTraceFile(path, longestMs);
};

const mooncake = [
  '{"timestamp": 1000, "input_length": 1030, "output_length": 20, "hash_ids": [0, 1, 2]}',
  '{"timestamp": 4000, "input_length": 520, "output_length": 3, "hash_ids": [0, 3]}',
  '{"timestamp": 2500, "input_length": 12, "output_length": 5}',
].join('\n');

const azure = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,374,44
2023-11-16 18:15:50.9951690,396,109
2024-05-10 00:00:00.009930+00:00,4808,10`;

const burstGpt = `Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
5,a,1.5,ChatGPT,100,20,120,Conversation log
6,,0.5,GPT-4,50,10,60,API log
45,a,2,ChatGPT,150,30,180,Conversation log
50,b,0,ChatGPT,80,0,80,Conversation log`;

describe('a trace', () => {
  it("may be Mooncake's, with blocks that prompts share", async () => {
    const { format, rows, sessionRows, leftOut } = await read(mooncake);
    expect({ format, sessionRows, leftOut }).toEqual({ format: 'mooncake', sessionRows: 'none', leftOut: null });
    expect(rows).toEqual([
      { atMs: 0, inputTokens: 1030, outputTokens: 20, blocks: [0, 1, 2], session: null, tokensBefore: 0 },
      { atMs: 1500, inputTokens: 12, outputTokens: 5, blocks: null, session: null, tokensBefore: 0 },
      { atMs: 3000, inputTokens: 520, outputTokens: 3, blocks: [0, 3], session: null, tokensBefore: 0 },
    ]);
  });

  it("may be Azure's, with dates", async () => {
    const { format, rows } = await read(azure.replaceAll('\n', '\r\n'));
    expect(format).toBe('azure');
    expect(rows.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens])).toEqual([
      [374, 44],
      [396, 109],
      [4808, 10],
    ]);
    expect(rows[1]?.atMs).toBeCloseTo(4314.579, 2);
  });

  it("may be BurstGPT's, without the requests that failed", async () => {
    const { format, rows, sessionRows, leftOut } = await read(burstGpt);
    expect({ format, sessionRows }).toEqual({ format: 'burstgpt', sessionRows: 'cumulative' });
    expect(rows.map(({ atMs, session }) => [atMs, session])).toEqual([
      [0, 0],
      [1000, null],
      [40_000, 0],
    ]);
    expect(leftOut).toMatch(/^1 of 4 rows of trace-\d+ was left out: it has no prompt or no answer\.$/);
  });

  it('has deltas if rows of a session do not grow, which are added up', async () => {
    const { rows, sessionRows } = await read(burstGpt.replace('45,a,2,ChatGPT,150', '45,a,2,ChatGPT,15'));
    expect(sessionRows).toBe('deltas');
    expect(rows.map(({ inputTokens, tokensBefore }) => [inputTokens, tokensBefore])).toEqual([
      [100, 0],
      [50, 0],
      [15, 120],
    ]);
  });

  it('has rows with blocks that are whole prompts, whatever the other rows of sessions are', async () => {
    const row = (timestamp: number, session_id: string, input_length: number, hash_ids?: readonly number[]): string =>
      JSON.stringify({ timestamp, session_id, input_length, output_length: 20, hash_ids });
    const own = [row(0, 'a', 100, [1]), row(1, 'a', 30, [1])];
    const { rows, sessionRows } = await read([...own, row(2, 'b', 100), row(3, 'b', 30), row(4, 'b', 10)].join('\n'));
    expect(sessionRows).toBe('deltas');
    expect(rows.map(({ tokensBefore }) => tokensBefore)).toEqual([0, 0, 0, 120, 170]);
    // Without rows that say it otherwise, they are what they are.
    expect(await read(own.join('\n'))).toMatchObject({ sessionRows: 'cumulative' });
  });

  it('means the same however much of it is replayed', async () => {
    const rows = ['5,a,1,M,100,20,120,L', '6,a,1,M,15,20,35,L', '7,b,1,M,10,20,30,L'];
    const later = ['90,b,1,M,40,20,60,L', '95,b,1,M,70,20,90,L'];
    const [head = ''] = burstGpt.split('\n');
    const trace = await read([head, ...rows, ...later].join('\n'), 10_000);
    expect(trace.rows).toHaveLength(3);
    expect(trace.sessionRows).toBe('mixed');
    expect(trace.rows[1]?.tokensBefore).toBe(0);
  });

  it('is replayed faster, and cut where it is to end', async () => {
    const trace = await read(burstGpt, 10_000);
    expect(trace.rows).toHaveLength(2);
    expect(timesOf({ trace, speed: 2 })).toEqual([0, 0.5]);
    expect(meanRate({ trace, speed: 0.5 })).toBe(1);
  });

  it.each(['', 'a,b\n1,2', '{"timestamp": 0}', 'TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,1'])(
    'is refused if it is none: %j',
    async (content) => {
      await expect(read(content)).rejects.toMatchObject({ code: 'usage' });
    },
  );
});

it('the share of a trace that is due counts the rows of the window before a moment', () => {
  const times = [0, 0.5, 1, 1, 1, 2, 3.5, 7, 20];
  const window = { warmupMs: 1000, durationMs: 6000 };
  // Due from 1 s to before 7 s: five rows.
  const shares = [-500, 0, 1, 1000, 1001, 2501, 6000, 9000].map((ms) => shareOfTimes(times, ms, window));
  expect(shares).toEqual([0, 0, 0.6, 0.6, 0.8, 1, 1, 1]);
  expect(shareOfTimes(times, 100, { warmupMs: 30_000, durationMs: 6000 })).toBe(1);
  expect(shareOfTimes([], 100, window)).toBe(1);
});
