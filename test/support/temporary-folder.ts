import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

export interface TemporaryFolder {
  /** The folder of the test that runs. */
  readonly path: string;
  /** A path inside it. */
  readonly at: (...names: readonly string[]) => string;
}

/** Makes an empty folder before each test of the file or block that calls this, and removes it after the test. */
export function temporaryFolder(): TemporaryFolder {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'chatstream-test-'));
  });
  afterEach(() => {
    rmSync(path, { recursive: true });
  });
  return {
    get path() {
      return path;
    },
    at: (...names) => join(path, ...names),
  };
}
