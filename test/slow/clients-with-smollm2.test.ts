import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { ownApiWithModel } from '../support/clients/ai-own-apis-suite.js';
import { anthropic, openai } from '../support/clients/ai-providers.js';
import { aiWithModel } from '../support/clients/ai-suite.js';
import { langchainWithModel } from '../support/clients/langchain-suite.js';
import { officialWithModel } from '../support/clients/official-suite.js';
import { openaiWithModel } from '../support/clients/openai-suite.js';
import { refusalsAreWaitedFor } from '../support/clients/refusals-suite.js';
import { Served } from '../support/clients/served.js';
import { turnsAreKept } from '../support/clients/turns-suite.js';

const folder = process.env['CHATSTREAM_TEST_MODELS'] ?? '';
const smollm = join(folder, 'smollm2-135m-instruct-q4_1.gguf');
const needs = '(needs CHATSTREAM_TEST_MODELS, a folder filled by scripts/fetch-test-models.sh)';

/** The same as in the folder clients, with a chat model that was not trained for calls: its grammars are larger. */
describe.skipIf(folder === '' || !existsSync(smollm))(`clients with SmolLM2-135M-Instruct ${needs}`, () => {
  const served = new Served(['-m', smollm, '--gpu', 'off', '-n', '2', '--max-tokens', '1000']);

  describe('openai', () => {
    openaiWithModel(served);
  });
  describe('the official clients', () => {
    officialWithModel(served);
  });
  describe('the AI SDK', () => {
    aiWithModel(served);
  });
  describe.each([openai, anthropic])('the AI SDK, $id', (provider) => {
    ownApiWithModel(served, provider);
  });
  describe('LangChain', () => {
    langchainWithModel(served);
  });
  describe('chats', () => {
    turnsAreKept(served);
  });
  describe('a full queue', () => {
    refusalsAreWaitedFor(served, 429, { max_queue: 0 });
  });
});
