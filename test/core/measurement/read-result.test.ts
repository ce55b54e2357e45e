import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseResult, readResult } from '../../../src/core/measurement/read-result.js';
import { benchResult } from '../../support/bench-result.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-read-result-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const { result } = benchResult({ settings: [{ completed: 30 }] });
const text = JSON.stringify(result, null, 2);

describe('a result file', () => {
  it('is read as it was written, also by Windows', async () => {
    const path = join(folder, 'result.json');
    writeFileSync(path, text);
    expect(await readResult(path)).toEqual(result);
    expect(parseResult(`\uFEFF${text}\r\n`, 'result.json')).toEqual(result);
  });

  it('is named if a shell of Windows wrote it in UTF-16', async () => {
    const path = join(folder, 'utf16.json');
    writeFileSync(path, Buffer.from(`\uFEFF${text}`, 'utf16le'));
    await expect(readResult(path)).rejects.toMatchObject({
      code: 'usage',
      message: `${path} is in UTF-16.`,
      hint: expect.stringMatching(/PowerShell/) as string,
    });
  });

  it('may say more than this version knows', () => {
    const more = { ...result, comparison: {}, machine: { ...result.machine, room: 'cold' } };
    expect(parseResult(JSON.stringify(more), 'result.json').machine.cpu).toBe(result.machine.cpu);
  });

  it.each([
    ['an empty file', '\n', /^f\.json is empty\.$/, /bench -o result\.json/],
    ['a file that was cut off', text.slice(0, 900), /^f\.json is cut off after \d+ characters\.$/, /disk full/],
    ['another report', '## bundled on chatstream\n', /^f\.json is not JSON: /, /Only the \.json/],
    ['other JSON', '{"a": 1}', /^f\.json is not a result of chatstream bench: it has no "schema"\.$/, /bench -o/],
    ['a list', '[]', /it has no "schema"/, /bench -o/],
    ['null', 'null', /it has no "schema"/, /bench -o/],
    ['a comparison', '{"schema": "chatstream.compare/v1"}', /it says "chatstream\.compare\/v1"/, /bench -o/],
    ['a newer format', '{"schema": "chatstream.bench/v2"}', /v2, which is newer than/, /Update chatstream/],
    ['an older format', '{"schema": "chatstream.bench/v0"}', /v0, which is older than/, /Measure again/],
  ])('is not %s', (_, content, message, hint) => {
    expect(() => parseResult(content, 'f.json')).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      }) as Error,
    );
  });

  it('may not be nested so deeply that it cannot be looked at', () => {
    const deep = `{"a":`.repeat(100_000) + '1' + '}'.repeat(100_000);
    const text = JSON.stringify(result).replace('"extra_body":null', `"extra_body":${deep}`);
    expect(() => parseResult(text, 'f.json')).toThrow('f.json is nested too deeply to be a result.');
  });

  it('with a wrong field is refused with the place', () => {
    const broken = text.replace(/"completed": 30/, '"completed": "many"');
    expect(() => parseResult(broken, 'f.json')).toThrow(
      /^f\.json is not a complete result: runs\[0\]\.requests\.completed must be a whole number\.$/,
    );
    const lacking = { ...result, plan: undefined };
    expect(() => parseResult(JSON.stringify(lacking), 'f.json')).toThrow(
      /f\.json is not a complete result: its top level needs plan\.$/,
    );
  });

  it('must exist and be a file', async () => {
    const missing = join(folder, 'missing.json');
    await expect(readResult(missing)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(missing) as string,
    });
    await expect(readResult(folder)).rejects.toMatchObject({ code: 'usage' });
  });
});
