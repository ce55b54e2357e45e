import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendLine } from '../../../../src/core/base/files/append-line.js';
import { replaceFile } from '../../../../src/core/base/files/replace-file.js';
import { samplesDestination } from '../../../../src/core/bench/record/samples-destination.js';
import { checkOutput } from '../../../../src/core/report/write-report.js';
import { type SmallDisk, smallDisk } from '../../../support/small-disk.js';

const probe = smallDisk();
probe?.remove();

const block = 4096;

describe.skipIf(probe === null)('on a full disk', () => {
  let disk: SmallDisk;
  const at = (name: string): string => join(disk.folder, name);
  const names = (): readonly string[] => readdirSync(disk.folder).filter((name) => name !== 'filler');

  beforeEach(() => {
    const made = smallDisk();
    if (made === null) throw new Error('there is no small disk');
    disk = made;
  });

  afterEach(() => {
    disk.remove();
  });

  it('a file that is replaced is whole, and a new one is not there', async () => {
    writeFileSync(at('older.html'), 'older');
    disk.fill(2);
    for (const name of ['older.html', 'new.html']) {
      await expect(replaceFile(at(name), 'x'.repeat(3 * block))).rejects.toThrow('ENOSPC');
    }
    expect(names()).toEqual(['older.html']);
    expect(readFileSync(at('older.html'), 'utf8')).toBe('older');
  });

  it('a line of which a part has room is not added, and a new file is not there', async () => {
    writeFileSync(at('older.jsonl'), '{"older":1}\n');
    disk.fill(2);
    await expect(appendLine(at('older.jsonl'), 'x'.repeat(3 * block))).rejects.toThrow('ENOSPC');
    expect(readFileSync(at('older.jsonl'), 'utf8')).toBe('{"older":1}\n');
    for (const length of [1, 3 * block]) {
      disk.fill(0);
      await expect(appendLine(at('new.jsonl'), 'x'.repeat(length))).rejects.toThrow('ENOSPC');
    }
    expect(names()).toEqual(['older.jsonl']);
  });

  it('a report is refused before anything is measured, and nothing is left behind', () => {
    writeFileSync(at('older.json'), 'older');
    disk.fill(1);
    for (const name of ['older.json', 'new.html']) {
      expect(() => {
        checkOutput(at(name));
      }).toThrow(
        expect.objectContaining({
          code: 'output_failed',
          message: `${at(name)} cannot be written: the disk is full.`,
          hint: 'Free some space, or name a file on another disk.',
        }),
      );
    }
    expect(names()).toEqual(['older.json']);
    expect(readFileSync(at('older.json'), 'utf8')).toBe('older');
    disk.fill(8);
    checkOutput(at('new.html'));
    expect(names()).toEqual(['older.json']);
  });

  it('samples are refused before anything is measured, and nothing is left behind', () => {
    writeFileSync(at('older.jsonl'), '{"run":1}\n');
    disk.fill(0);
    for (const name of ['older.jsonl', 'new.jsonl']) {
      expect(() => samplesDestination(at(name))).toThrow(
        `The samples ${at(name)} cannot be written: the disk is full.`,
      );
    }
    expect(names()).toEqual(['older.jsonl']);
    expect(readFileSync(at('older.jsonl'), 'utf8')).toBe('{"run":1}\n');
  });
});
