import { closeSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOutputFile } from '../../../../src/core/bench/record/standard-output.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const { at } = temporaryFolder();

describe('the file of standard output', () => {
  it('is recognised by any of its names', () => {
    const descriptor = openSync(at('output'), 'w');
    writeFileSync(at('other'), '');
    symlinkSync(at('output'), at('link'));
    const found = ['output', 'link', 'other', 'missing'].map((name) => isOutputFile(at(name), descriptor));
    closeSync(descriptor);
    expect(found).toEqual([true, true, false, false]);
  });

  it.skipIf(process.platform === 'win32')('is none if it is a device or closed', () => {
    const descriptor = openSync('/dev/null', 'w');
    expect(isOutputFile('/dev/null', descriptor)).toBe(false);
    closeSync(descriptor);
    writeFileSync(at('output'), '');
    expect(isOutputFile(at('output'), 9999)).toBe(false);
  });
});
