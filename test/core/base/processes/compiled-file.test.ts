import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compiledFile } from '../../../../src/core/base/processes/compiled-file.js';

const loadFolder = new URL('../../../../src/core/bench/load/', import.meta.url);

describe('the compiled script of a module', () => {
  it('is in dist for a module that runs from src', () => {
    const file = compiledFile(new URL('in-workers.ts', loadFolder).href, './worker.js');
    expect(file).toEqual(new URL('../../../../dist/core/bench/load/worker.js', import.meta.url));
    expect(existsSync(file)).toBe(true);
  });

  it('lies next to a module that is compiled itself', () => {
    const folder = new URL('../../../../dist/core/bench/load/', import.meta.url);
    expect(compiledFile(new URL('in-workers.js', folder).href, './worker.js')).toEqual(new URL('worker.js', folder));
  });
});
