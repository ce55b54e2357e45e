import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readGgufFile } from '../../../src/core/gguf/gguf-file.js';
import { ggufFile } from '../../support/gguf/gguf-writer.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder();

it('a tensor with more dimensions than there are is not read', async () => {
  const path = folder.at('model.gguf');
  const shape = Array.from({ length: 5 }, () => 1);
  const tensor = { name: 'w', shape, ggmlType: 0, byteLength: 4, chunks: () => [new Uint8Array(4)] };
  await writeFile(path, ggufFile({ 'general.architecture': { type: 'string', value: 'llama' } }, [tensor]));
  await expect(readGgufFile(path)).rejects.toThrow('is incomplete');
});
