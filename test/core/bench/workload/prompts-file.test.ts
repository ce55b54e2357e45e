import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readPromptsFile } from '../../../../src/core/bench/workload/prompts-file.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-prompts-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
const read = (content: string): ReturnType<typeof readPromptsFile> => {
  const path = join(folder, `prompts-${(files += 1)}.jsonl`);
  writeFileSync(path, content);
  return readPromptsFile(path);
};

describe('readPromptsFile', () => {
  it('takes an unknown speaker for the user, whatever its name', async () => {
    const { conversations } = await read('{"conversations":[{"from":"constructor","value":"A?"}]}');
    expect(conversations).toEqual([[[{ role: 'user', content: 'A?' }]]]);
  });

  it('reads chats, prompts and ShareGPT conversations, mixed, and skips empty lines', async () => {
    const { conversations } = await read(
      [
        '{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]}',
        '',
        '{"prompt":"Hello"}',
        '{"id":"x","conversations":[{"from":"human","value":"A?"},{"from":"gpt","value":"B."},{"from":"human","value":"C?"}]}',
      ].join('\r\n'),
    );
    expect(conversations).toEqual([
      [
        [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
      ],
      [[{ role: 'user', content: 'Hello' }]],
      [
        [{ role: 'user', content: 'A?' }],
        [
          { role: 'user', content: 'A?' },
          { role: 'assistant', content: 'B.' },
          { role: 'user', content: 'C?' },
        ],
      ],
    ]);
  });

  it("reads one JSON array, as ShareGPT's own files are", async () => {
    const { conversations } = await read('[{"conversations":[{"from":"human","value":"A?"}]},{"prompt":"B?"}]');
    expect(conversations).toHaveLength(2);
  });

  it('names the file by its content, wherever it lies', async () => {
    const one = await read('{"prompt":"a"}');
    const other = await read('{"prompt":"b"}');
    expect(one.name).toMatch(/^prompts-\d+\.jsonl \(sha256 [0-9a-f]{12}\)$/);
    expect(other.name.slice(-14)).not.toBe(one.name.slice(-14));
  });

  it.each([
    ['{"prompt":"a"}\n{"prompt":', /^Line 2 of .* is not JSON/],
    ['{"prompt":"a"}\n{"question":"b"}', /^Line 2 of .* is not a prompt/],
    ['[{"prompt":"a"},{}]', /^Entry 2 of .* is not a prompt/],
    ['', /^There are no prompts in/],
    ['{"conversations":[{"from":"gpt","value":"I speak first"}]}', /^There are no prompts in/],
  ])('refuses %j and says where', async (content, message) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message) as string,
    });
  });

  it('says that there is no such file', async () => {
    await expect(readPromptsFile(join(folder, 'nowhere.jsonl'))).rejects.toMatchObject({ code: 'usage' });
  });
});
