import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplesDestination } from '../../../../src/core/bench/record/samples-destination.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const folder = temporaryFolder();
const { at } = folder;

/** Writes samples as a bench does. */
function write(path: string, isComplete: boolean, text = '{"run":1}\n'): void {
  const samples = samplesDestination(path);
  samples.begin();
  if (text !== '') appendFileSync(samples.path, text);
  samples.end(isComplete);
}

describe('the file of samples', () => {
  it('gets its name when all are written', () => {
    const samples = samplesDestination(at('new.jsonl'));
    expect(readdirSync(folder.path)).toEqual([]);
    samples.begin();
    appendFileSync(samples.path, '{"run":1}\n');
    expect(readdirSync(folder.path)).toEqual(['new.jsonl.incomplete']);
    samples.end(true);
    expect(readdirSync(folder.path)).toEqual(['new.jsonl']);
    expect(readFileSync(at('new.jsonl'), 'utf8')).toBe('{"run":1}\n');
  });

  it('leaves an older one whole if not all could be written, and what could be beside it', () => {
    writeFileSync(at('a.jsonl'), 'older');
    write(at('a.jsonl'), false);
    expect(readFileSync(at('a.jsonl'), 'utf8')).toBe('older');
    expect(readFileSync(at('a.jsonl.incomplete'), 'utf8')).toBe('{"run":1}\n');
    write(at('a.jsonl'), true, '{"run":2}\n');
    expect(readFileSync(at('a.jsonl'), 'utf8')).toBe('{"run":2}\n');
    expect(readdirSync(folder.path)).toEqual(['a.jsonl']);
  });

  it('is not there, and nothing beside it, if none could be written', () => {
    write(at('a.jsonl'), false, '');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('keeps mode and symbolic link of an older one', () => {
    mkdirSync(at('real'));
    writeFileSync(at('real', 'a.jsonl'), 'older');
    chmodSync(at('real', 'a.jsonl'), 0o640);
    symlinkSync(at('real', 'a.jsonl'), at('link.jsonl'));
    write(at('link.jsonl'), true);
    expect(lstatSync(at('link.jsonl')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('real', 'a.jsonl'), 'utf8')).toBe('{"run":1}\n');
    expect(statSync(at('real', 'a.jsonl')).mode & 0o777).toBe(0o640);
  });

  it.skipIf(process.platform === 'win32')('is where a symbolic link leads, even if nothing is there yet', () => {
    mkdirSync(at('real'));
    symlinkSync('real/a.jsonl', at('link.jsonl'));
    write(at('link.jsonl'), true);
    expect(lstatSync(at('link.jsonl')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('real', 'a.jsonl'), 'utf8')).toBe('{"run":1}\n');
    expect([readdirSync(folder.path).sort(), readdirSync(at('real'))]).toEqual([['link.jsonl', 'real'], ['a.jsonl']]);
  });

  it.skipIf(process.getuid?.() === 0)('is refused before anything is measured if it is write-protected', () => {
    writeFileSync(at('a.jsonl'), 'older');
    chmodSync(at('a.jsonl'), 0o444);
    expect(() => samplesDestination(at('a.jsonl'))).toThrow(`The samples ${at('a.jsonl')} cannot be written`);
    expect(readdirSync(folder.path)).toEqual(['a.jsonl']);
  });

  it.skipIf(process.getuid?.() === 0)('is written to directly in a folder that takes no other', () => {
    mkdirSync(at('closed'));
    writeFileSync(at('closed', 'a.jsonl'), 'older');
    chmodSync(at('closed'), 0o555);
    write(at('closed', 'a.jsonl'), true);
    chmodSync(at('closed'), 0o755);
    expect(readFileSync(at('closed', 'a.jsonl'), 'utf8')).toBe('{"run":1}\n');
    expect(() => samplesDestination(at('closed', 'no', 'a.jsonl'))).toThrow('cannot be written');
  });

  it.runIf(existsSync('/dev/null'))('is written to directly if it is a device', () => {
    const samples = samplesDestination('/dev/null');
    expect(samples.path).toBe('/dev/null');
    samples.begin();
    samples.end(true);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('is refused in a folder that does not exist', () => {
    expect(() => samplesDestination(at('no', 'a.jsonl'))).toThrow(
      `The samples ${at('no', 'a.jsonl')} cannot be written: there is no such file or folder.`,
    );
  });
});
