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
const read = (content: string, live = false): ReturnType<typeof readPromptsFile> => {
  const path = join(folder, `prompts-${(files += 1)}.jsonl`);
  writeFileSync(path, content);
  return readPromptsFile(path, live);
};

describe('readPromptsFile', () => {
  it('takes an unknown speaker for the user, whatever its name', async () => {
    const { conversations } = await read('{"conversations":[{"from":"constructor","value":"A?"}]}');
    expect(conversations).toEqual([[[{ role: 'user', content: 'A?' }]]]);
  });

  it('takes lengths, tools and messages that call them from the entries', async () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const call = { role: 'assistant', content: null, tool_calls: [{ id: '1' }] };
    const chat = { messages: [{ role: 'user', content: 'A' }, call, { role: 'tool', content: 'B' }], tools };
    const { conversations, wishes } = await read(
      [JSON.stringify({ ...chat, output_tokens: 7 }), '{"prompt":"C"}'].join('\n'),
    );
    expect(conversations[0]).toEqual([chat.messages]);
    expect(wishes).toEqual([
      { outputTokens: 7, parameters: { tools } },
      { outputTokens: null, parameters: null },
    ]);
  });

  it('leaves the answers of the file out if those of the server take their place', async () => {
    const { conversations } = await read(
      [
        '{"messages":[{"role":"system","content":"S"},{"role":"user","content":"A"},{"role":"assistant","content":"B"},{"role":"user","content":"C"}]}',
        '{"conversations":[{"from":"human","value":"A?"},{"from":"gpt","value":"B."},{"from":"human","value":"C?"}]}',
        '{"messages":[{"role":"user","content":"A"},{"role":"tool","content":"B"},{"role":"user","content":"C"}]}',
      ].join('\n'),
      true,
    );
    const roles = conversations.map((turns) => turns.map((messages) => messages.map(({ role }) => role)));
    expect(roles).toEqual([[['system', 'user'], ['user']], [['user'], ['user']], [['user', 'tool', 'user']]]);
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

  it('takes parts of messages as they are', async () => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ];
    const messages = [{ role: 'user', content }];
    const { conversations, leftOut } = await read(JSON.stringify({ messages }));
    expect(conversations).toEqual([[messages]]);
    expect(leftOut).toBeNull();
  });

  it.each([
    ['no JSON', '{"prompt":', 'is not JSON'],
    ['another object', '{"question":"b"}', 'is not a prompt'],
    ['null', 'null', 'is not a prompt'],
    ['an empty prompt', '{"prompt":""}', 'is not a prompt'],
    ['a chat without messages', '{"messages":[]}', 'is not a prompt'],
    ['a message without content', '{"messages":[{"role":"user","content":null}]}', 'is not a prompt'],
    ['a message of no parts', '{"messages":[{"role":"user","content":[]}]}', 'is not a prompt'],
    ['an empty conversation', '{"conversations":[]}', 'is not a prompt'],
    ['a turn without a value', '{"conversations":[{"from":"human","value":null}]}', 'is not a prompt'],
    ['a length of 0', '{"prompt":"b","output_tokens":0}', 'has output_tokens that are no number of tokens'],
    ['a length as text', '{"prompt":"b","output_tokens":"5"}', 'has output_tokens that are no number of tokens'],
    ['a model that speaks alone', '{"conversations":[{"from":"gpt","value":"I"}]}', 'has no message of a user'],
  ])('leaves out %s, and says so', async (_name, entry, problem) => {
    const lines = ['{"prompt":"a"}', entry, '', '{"prompt":"c"}'];
    const { conversations, leftOut } = await read(lines.join('\n'));
    expect(conversations.map(([turn]) => turn?.[0]?.content)).toEqual(['a', 'c']);
    expect(leftOut).toBe(`1 of 3 entries of prompts-${files}.jsonl was left out: line 2 ${problem}.`);
    if (problem === 'is not JSON') return;
    expect((await read(`[{"prompt":"a"},${entry},{"prompt":"c"}]`)).leftOut).toBe(
      `1 of 3 entries of prompts-${files}.jsonl was left out: entry 2 ${problem}.`,
    );
  });

  it('names the first of many', async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => (index % 400 === 16 ? 'null' : '{"prompt":"a"}'));
    expect((await read(lines.join('\n'))).leftOut).toBe(
      `5 of 2000 entries of prompts-${files}.jsonl were left out: line 17 is not a prompt, line 417 is not a prompt, line 817 is not a prompt, and 2 more.`,
    );
  });

  it('takes the usual length where an entry has null for it', async () => {
    expect((await read('{"prompt":"a","output_tokens":null}')).wishes[0]?.outputTokens).toBeNull();
  });

  it('refuses other encodings, whose characters would be replaced in what is sent', async () => {
    const write = (name: string, bytes: Buffer): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const latin1 = write('latin1.jsonl', Buffer.from('{"prompt":"é"}', 'latin1'));
    await expect(readPromptsFile(latin1)).rejects.toThrow(`${latin1} is not in UTF-8.`);
    const utf16 = write('utf16.jsonl', Buffer.from('\uFEFF{"prompt":"é"}', 'utf16le'));
    await expect(readPromptsFile(utf16)).rejects.toThrow(`${utf16} is in UTF-16.`);
  });

  it('reads a file with a byte order mark', async () => {
    expect((await read('\uFEFF[{"prompt":"a"}]')).conversations).toHaveLength(1);
    expect((await read('\uFEFF{"prompt":"a"}')).conversations).toHaveLength(1);
  });

  it.each([
    ['', /^There are no prompts in \S+\.$/],
    ['[]', /^There are no prompts in \S+\.$/],
    [
      '{"conversations":[{"from":"gpt","value":"I"}]}',
      /^There are no prompts in .*: line 1 has no message of a user\.$/,
    ],
    ['{"prompt":"a"}\n{"q":"b"}\n{"q":"c"}', /^\S+ is not a file of prompts: line 2 is not a prompt, line 3 is/],
    ['[{"prompt":"a"},{"prom', /^\S+ begins as a JSON array, but is not JSON: ./],
  ])('refuses %j and says why', async (content, message) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(/\.$/) as string,
    });
  });

  it('says that there is no such file', async () => {
    await expect(readPromptsFile(join(folder, 'nowhere.jsonl'))).rejects.toMatchObject({ code: 'usage' });
  });
});
