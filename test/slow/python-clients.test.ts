import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { type ClientId, clientsOf, type Feature } from '../support/clients/catalogue.js';
import { type Proof, provesAll } from '../support/clients/proofs.js';
import { PythonInterpreter } from '../support/clients/python-interpreter.js';
import { nonsense, Served, servers } from '../support/clients/served.js';
import { installedVersion } from '../support/clients/table.js';
import { thinkingTemplate } from '../support/clients/thinking-template.js';

const python = process.env['CHATSTREAM_TEST_PYTHON'] ?? '';
const needsPython = '(needs CHATSTREAM_TEST_PYTHON, made by scripts/install-python-clients.sh)';
const folder = process.env['CHATSTREAM_TEST_MODELS'] ?? '';
const smollm = join(folder, 'smollm2-135m-instruct-q4_1.gguf');
const needsBoth = '(needs CHATSTREAM_TEST_PYTHON and CHATSTREAM_TEST_MODELS)';

/** A small machine takes long for the answers, and a script may have to wait for one of the same client. */
const patience = { timeout: 300_000 };

const roundTrips = ['round_trip', 'streamed_round_trip', 'forced_call', 'structured_output'];

/** What round trips show of a client. */
const ofRoundTrips: readonly Feature[] = ['whole', 'streamed', 'tools', 'schemas', 'turns'];

interface Script {
  /** Its scripts share an interpreter, and so the time that it takes to import it. */
  readonly client: string;
  /** In test/slow/python. */
  readonly script: string;
  /** What it reports when they have passed. */
  readonly checks: readonly string[];
  readonly shows: Readonly<Partial<Record<ClientId, readonly Feature[]>>>;
}

const scripts: readonly Script[] = [
  {
    client: 'openai',
    script: 'openai_client.py',
    checks: [...roundTrips, 'aborted', 'aborted_call', 'retries'],
    shows: { 'openai.py: chat': [...ofRoundTrips, 'aborted', 'retries'] },
  },
  {
    client: 'openai',
    script: 'openai_responses_client.py',
    checks: ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'turns', 'retries'],
    shows: { 'openai.py: responses': ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'turns', 'retries'] },
  },
  {
    client: 'anthropic',
    script: 'anthropic_client.py',
    checks: ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'turns', 'errors', 'retries'],
    shows: { 'anthropic.py: messages': ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'turns', 'retries'] },
  },
  {
    client: 'langchain',
    script: 'langchain_client.py',
    checks: [...roundTrips, 'errors', 'retries'],
    shows: { 'langchain.py: chat': [...ofRoundTrips, 'retries'] },
  },
  {
    client: 'pydantic-ai',
    script: 'pydantic_ai_client.py',
    checks: roundTrips,
    shows: { 'pydantic-ai.py: chat': ofRoundTrips },
  },
  {
    client: 'instructor',
    script: 'instructor_client.py',
    checks: ['forced_call', 'streamed_call', 'several', 'structured_output', 'retries'],
    shows: { 'instructor.py: chat': ['whole', 'streamed', 'schemas', 'retries'] },
  },
  {
    client: 'litellm',
    script: 'litellm_client.py',
    checks: [...roundTrips, 'aborted', 'errors', 'retries'],
    shows: { 'litellm.py: chat': [...ofRoundTrips, 'aborted', 'retries'] },
  },
  {
    client: 'litellm',
    script: 'litellm_protocols_client.py',
    checks: [
      ...['responses_whole', 'responses_streamed', 'responses_aborted', 'responses_tools', 'responses_schemas'],
      ...['responses_turns', 'responses_retries', 'messages_whole', 'messages_streamed', 'messages_aborted'],
      ...['messages_tools', 'messages_schemas', 'messages_retries', 'errors'],
    ],
    shows: {
      'litellm.py: responses': ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'turns', 'retries'],
      'litellm.py: messages': ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'turns', 'retries'],
    },
  },
  {
    client: 'llm',
    script: 'llm_client.py',
    checks: [
      ...['whole', 'streamed', 'aborted', 'tools', 'turns', 'schemas', 'errors', 'retries'],
      ...['responses_whole', 'responses_streamed', 'responses_tools', 'responses_turns', 'responses_schemas'],
      'responses_retries',
    ],
    shows: {
      'llm.py: chat': ['whole', 'streamed', 'aborted', 'tools', 'turns', 'schemas', 'retries'],
      'llm.py: responses': ['whole', 'streamed', 'tools', 'turns', 'schemas', 'retries'],
    },
  },
];

/** Those in which a model thinks before it answers. */
const reasoningScripts: readonly Script[] = [
  {
    client: 'openai',
    script: 'openai_reasoning.py',
    checks: ['chat_whole', 'chat_streamed', 'response_whole', 'response_streamed'],
    shows: { 'openai.py: chat': ['reasoning'], 'openai.py: responses': ['reasoning'] },
  },
  {
    client: 'anthropic',
    script: 'anthropic_reasoning.py',
    checks: ['whole', 'streamed', 'turns'],
    shows: { 'anthropic.py: messages': ['reasoning'] },
  },
  {
    client: 'pydantic-ai',
    script: 'pydantic_ai_reasoning.py',
    checks: ['whole', 'streamed'],
    shows: { 'pydantic-ai.py: chat': ['reasoning'] },
  },
  {
    client: 'litellm',
    script: 'litellm_reasoning.py',
    checks: [
      ...['chat_whole', 'chat_streamed', 'response_whole', 'response_streamed', 'messages_whole'],
      'messages_streamed',
    ],
    shows: {
      'litellm.py: chat': ['reasoning'],
      'litellm.py: responses': ['reasoning'],
      'litellm.py: messages': ['reasoning'],
    },
  },
  {
    client: 'llm',
    script: 'llm_reasoning.py',
    checks: ['whole', 'streamed'],
    shows: { 'llm.py: responses': ['reasoning'] },
  },
];

function proofsOf({ shows }: Script): readonly Proof[] {
  return clientsOf('Python').flatMap(({ id }) => (shows[id] ?? []).map((feature) => ({ client: id, feature })));
}

/** One for the scripts of each client, whichever server they are tried with. */
const interpreters = new Map(scripts.map(({ client }) => [client, new PythonInterpreter(python)]));
afterAll(async () => {
  await Promise.all([...interpreters.values()].map((interpreter) => interpreter.close()));
});

/**
 * One script after the other, because some count what the server does. Meanwhile, other servers are tried with other clients.
 *
 * @param order the scripts
 */
function tryWith(served: Served, order: readonly Script[]): void {
  for (const each of order) {
    const { script, client, checks } = each;
    it(script, { ...patience, ...provesAll(proofsOf(each)), concurrent: false }, async ({ signal }) => {
      const passed = await interpreters.get(client)?.run(script, [served.baseUrl, served.model], signal);
      expect(passed).toEqual(checks);
    });
  }
}

it.skipIf(python === '')(`the Python clients are the listed versions ${needsPython}`, async () => {
  const code = 'import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]), sep="\\n")';
  const packages = clientsOf('Python').flatMap((client) => client.packages);
  const { stdout } = await promisify(execFile)(python, ['-c', code, ...packages]);
  expect(stdout.trim().split(/\r?\n/)).toEqual(packages.map((name) => installedVersion('Python', name)));
});

// SmolLM2 takes most of the time: meanwhile the others are tried, in the opposite order, so that they rarely wait for a client.
const backwards = [...scripts].reverse();

describe.skipIf(python === '').concurrent(`Python clients with the mock ${needsPython}`, () => {
  tryWith(new Served(servers.mock), backwards);
});

describe.skipIf(python === '').concurrent(`Python clients with the bundled model ${needsPython}`, () => {
  tryWith(new Served(servers.bundled), [...backwards.slice(3), ...backwards.slice(0, 3)]);
});

describe.skipIf(python === '').concurrent(`Python clients with a model that thinks ${needsPython}`, () => {
  tryWith(new Served(nonsense({ chatTemplate: thinkingTemplate })), reasoningScripts);
});

describe
  .skipIf(python === '' || folder === '' || !existsSync(smollm))
  .concurrent(`Python clients with SmolLM2-135M-Instruct ${needsBoth}`, () => {
    const served = new Served(['-m', smollm, '--gpu', 'off', '--threads', '1', '-n', '1', '--max-tokens', '1000']);
    tryWith(served, scripts);
  });
