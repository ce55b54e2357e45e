import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendEntry, readHistory, readHistoryIfAny } from '../../../src/core/history/history-file.js';
import { entryAt } from './entries.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-history-'));
  path = join(folder, 'history.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a history file', () => {
  it('has a line for each entry, and is read as it was written', async () => {
    await appendEntry(path, entryAt(1));
    await appendEntry(path, entryAt(2, 1.1));
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
    expect(await readHistory(path)).toEqual({ entries: [entryAt(1), entryAt(2, 1.1)], skipped: [] });
  });

  it('is empty before the first entry', async () => {
    expect(await readHistoryIfAny(path)).toEqual({ entries: [], skipped: [] });
  });

  it('is refused if it does not exist', async () => {
    await expect(readHistory(path)).rejects.toMatchObject({
      code: 'usage',
      hint: 'A history begins with: chatstream history add result.json',
    });
  });

  it('is refused with what to do if it is a folder, or a result', async () => {
    await expect(readHistory(folder)).rejects.toMatchObject({ code: 'usage', hint: 'Name a file in it.' });
    writeFileSync(path, '{\n  "schema": "chatstream.bench/v1"\n}\n');
    await expect(readHistoryIfAny(path)).rejects.toMatchObject({
      code: 'usage',
      message: `${path} is a result of bench, and not a history.`,
      hint: `Add it to one with: chatstream history add ${path}. --file names the history.`,
    });
  });

  it('keeps every entry of many that are added at the same time', async () => {
    const days = Array.from({ length: 40 }, (_, day) => day);
    await Promise.all(days.map((day) => appendEntry(path, entryAt(day))));
    const { entries, skipped } = await readHistory(path);
    expect(entries).toEqual(days.map((day) => entryAt(day)));
    expect(skipped).toEqual([]);
  });

  it('names a last line that was cut off, leaves it as it is, and adds the next entry below', async () => {
    await appendEntry(path, entryAt(1));
    appendFileSync(path, JSON.stringify(entryAt(2)).slice(0, 200));
    const before = readFileSync(path, 'utf8');
    await appendEntry(path, entryAt(3));
    expect(readFileSync(path, 'utf8').startsWith(before)).toBe(true);
    const { entries, skipped } = await readHistory(path);
    expect(entries).toEqual([entryAt(1), entryAt(3)]);
    expect(skipped).toEqual([`Line 2 of ${path} is cut off, and is left out.`]);
  });

  it.each([
    ['{"a":}', 'is not JSON'],
    ['{"schema":"chatstream.bench/v1"}', 'is not an entry of a history'],
    ['"text"', 'is not an entry of a history'],
    ['{"schema":"chatstream.history/v2"}', 'has the format chatstream.history/v2, which this chatstream does not know'],
    ['{"schema":"chatstream.history/v1"}', 'is not a complete entry: its top level needs'],
    [
      JSON.stringify({ ...entryAt(1), started_at: 'yesterday' }),
      'is not a complete entry: started_at must be a time, and is left out',
    ],
    [JSON.stringify({ ...entryAt(1), rows: [{}] }), 'is not a complete entry: rows[0] needs '],
  ])('leaves out the line %s', async (line, reason) => {
    writeFileSync(path, `${line}\n${JSON.stringify(entryAt(1))}\n`);
    const { entries, skipped } = await readHistory(path);
    expect(entries).toEqual([entryAt(1)]);
    expect(skipped).toEqual([expect.stringContaining(`Line 1 of ${path} ${reason}`)]);
  });

  it('may have fields that a later version added, empty lines, and line ends of Windows', async () => {
    writeFileSync(
      path,
      `\uFEFF${JSON.stringify({ ...entryAt(1), later: 1 })}\r\n\r\n${JSON.stringify(entryAt(2))}\r\n`,
    );
    const { entries, skipped } = await readHistory(path);
    expect(entries).toMatchObject([entryAt(1), entryAt(2)]);
    expect(skipped).toEqual([]);
  });

  it('is read in the order of measurement and without repetitions, as after a merge', async () => {
    writeFileSync(path, [3, 1, 2, 1].map((day) => `${JSON.stringify(entryAt(day))}\n`).join(''));
    expect((await readHistory(path)).entries).toEqual([1, 2, 3].map((day) => entryAt(day)));
  });

  it.skipIf(!existsSync('/dev/full'))('says so if the disk is full', async () => {
    symlinkSync('/dev/full', path);
    await expect(appendEntry(path, entryAt(1))).rejects.toMatchObject({ code: 'output_failed' });
  });
});
