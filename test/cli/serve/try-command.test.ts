import { describe, expect, it } from 'vitest';
import { chatTrial, embeddingsTrial, tryCommand } from '../../../src/cli/serve/try-command.js';
import type { Access } from '../../../src/core/config/access.js';
import { parseConfig } from '../../../src/core/config/read-config.js';
import { serverDefaults } from '../../support/app.js';

const url = 'http://127.0.0.1:8000';
const key = `keys: [{ name: anna, sha256: ${'a'.repeat(64)} }]\n`;

function headerWith(apiKeys: readonly string[], access: Access | null, variable?: string): string | null {
  const environment = variable === undefined ? {} : { CHATSTREAM_API_KEY: variable };
  const command = tryCommand(url, chatTrial(), { server: { ...serverDefaults, apiKeys }, access }, environment);
  return command.find((line) => line.includes('authorization')) ?? null;
}

describe('the command that tries a server', () => {
  it('asks for a chat, or for an embedding', () => {
    const options = { server: serverDefaults, access: null };
    const chat = tryCommand(url, chatTrial(), options, {});
    expect(chat[0]).toBe('curl -N http://127.0.0.1:8000/v1/chat/completions');
    expect(chat.at(-1)).toBe(`-d '{"messages":[{"role":"user","content":"Hello!"}],"stream":true}'`);
    expect(tryCommand(url, embeddingsTrial, options, {})[0]).toBe('curl -N http://127.0.0.1:8000/v1/embeddings');
  });

  it('names a model where it has to', () => {
    const [, , body] = tryCommand(url, chatTrial('MODEL'), { server: serverDefaults, access: null }, {});
    expect(body).toContain('{"model":"MODEL","messages"');
  });

  it('has a key where the server needs one, and never a secret', () => {
    expect(headerWith([], null)).toBeNull();
    expect(headerWith([], null, 'unused')).toBeNull();
    expect(headerWith(['secret'], null)).toBe('-H "authorization: Bearer KEY"');
    expect(headerWith(['secret'], null, 'secret')).toBe('-H "authorization: Bearer $CHATSTREAM_API_KEY"');
    expect(headerWith(['secret', 'other'], null, 'secret')).toBe('-H "authorization: Bearer KEY"');
    expect(headerWith([], parseConfig(key, 'c.yaml'))).toBe('-H "authorization: Bearer KEY"');
  });

  it('has none where requests without a key may generate', () => {
    expect(headerWith([], parseConfig(`${key}anonymous: {}\n`, 'c.yaml'))).toBeNull();
    expect(headerWith(['secret'], parseConfig('anonymous: {}\n', 'c.yaml'))).toBeNull();
    expect(headerWith([], parseConfig(`${key}anonymous: { role: observer }\n`, 'c.yaml'))).not.toBeNull();
  });
});
