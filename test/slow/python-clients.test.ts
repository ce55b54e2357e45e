import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClientId, clientsOf, type Feature } from '../support/clients/catalogue.js';
import { type Proof, provesAll } from '../support/clients/proofs.js';
import { Served, servers } from '../support/clients/served.js';
import { installedVersion } from '../support/clients/table.js';

const python = process.env['CHATSTREAM_TEST_PYTHON'] ?? '';
const needsPython = '(needs CHATSTREAM_TEST_PYTHON, made by scripts/install-python-clients.sh)';
const folder = process.env['CHATSTREAM_TEST_MODELS'] ?? '';
const smollm = join(folder, 'smollm2-135m-instruct-q4_1.gguf');
const needsBoth = '(needs CHATSTREAM_TEST_PYTHON and CHATSTREAM_TEST_MODELS)';

/** Importing the clients takes seconds, and a small machine many more for the answers. */
const patience = { timeout: 300_000 };

const roundTrips = ['round_trip', 'streamed_round_trip', 'forced_call', 'structured_output'];

/** What round trips show of a client. */
const ofRoundTrips: readonly Feature[] = ['whole', 'streamed', 'tools', 'schemas', 'turns'];

interface Script {
  /** In test/slow/python. */
  readonly script: string;
  /** What it reports when they have passed. */
  readonly checks: readonly string[];
  readonly shows: Readonly<Partial<Record<ClientId, readonly Feature[]>>>;
}

const scripts: readonly Script[] = [
  {
    script: 'openai_client.py',
    checks: [...roundTrips, 'aborted', 'retries'],
    shows: { 'openai.py: chat': [...ofRoundTrips, 'aborted', 'retries'] },
  },
  {
    script: 'openai_responses_client.py',
    checks: ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'turns', 'retries'],
    shows: { 'openai.py: responses': ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'turns', 'retries'] },
  },
  {
    script: 'anthropic_client.py',
    checks: ['whole', 'streamed', 'aborted', 'tools', 'turns', 'errors', 'retries'],
    shows: { 'anthropic.py: messages': ['whole', 'streamed', 'aborted', 'tools', 'turns', 'retries'] },
  },
  {
    script: 'langchain_client.py',
    checks: [...roundTrips, 'errors', 'retries'],
    shows: { 'langchain.py: chat': [...ofRoundTrips, 'retries'] },
  },
  { script: 'pydantic_ai_client.py', checks: roundTrips, shows: { 'pydantic-ai.py: chat': ofRoundTrips } },
  {
    script: 'instructor_client.py',
    checks: ['forced_call', 'streamed_call', 'several', 'structured_output', 'retries'],
    shows: { 'instructor.py: chat': ['whole', 'streamed', 'schemas', 'retries'] },
  },
  {
    script: 'litellm_client.py',
    checks: [...roundTrips, 'errors', 'retries'],
    shows: { 'litellm.py: chat': [...ofRoundTrips, 'retries'] },
  },
  {
    script: 'litellm_protocols_client.py',
    checks: [
      ...['responses_whole', 'responses_streamed', 'responses_tools', 'responses_turns'],
      ...['messages_whole', 'messages_streamed', 'messages_tools', 'errors'],
    ],
    shows: {
      'litellm.py: responses': ['whole', 'streamed', 'tools', 'turns'],
      'litellm.py: messages': ['whole', 'streamed', 'tools', 'turns'],
    },
  },
  {
    script: 'llm_client.py',
    checks: ['whole', 'streamed', 'tools', 'turns', 'schemas', 'errors', 'retries'],
    shows: { 'llm.py: chat': ['whole', 'streamed', 'tools', 'turns', 'schemas', 'retries'] },
  },
];

function proofsOf({ shows }: Script): readonly Proof[] {
  return clientsOf('Python').flatMap(({ id }) => (shows[id] ?? []).map((feature) => ({ client: id, feature })));
}

/** @returns the checks that passed; what went wrong otherwise */
function run(script: string, served: Served, signal: AbortSignal): Promise<readonly string[]> {
  const path = fileURLToPath(new URL(`python/${script}`, import.meta.url));
  // Without files of bytecode beside the scripts.
  const child = spawn(python, ['-B', path, served.baseUrl, served.model], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let passed = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (passed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(passed.trimEnd().split('\n'));
      else reject(new Error(`${script} ended with ${code} after "${passed.trimEnd()}":\n${errors.slice(-4000)}`));
    });
  });
}

function tryWith(served: Served): void {
  for (const each of scripts) {
    it(each.script, { ...patience, ...provesAll(proofsOf(each)) }, async () => {
      const controller = new AbortController();
      onTestFinished(() => {
        controller.abort();
      });
      expect(await run(each.script, served, controller.signal)).toEqual(each.checks);
    });
  }
}

it.skipIf(python === '')(`the Python clients are the listed versions ${needsPython}`, async () => {
  const code = 'import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]), sep="\\n")';
  const packages = clientsOf('Python').flatMap((client) => client.packages);
  const { stdout } = await promisify(execFile)(python, ['-c', code, ...packages]);
  expect(stdout.trim().split(/\r?\n/)).toEqual(packages.map((name) => installedVersion('Python', name)));
});

describe.skipIf(python === '')(`Python clients with the mock ${needsPython}`, () => {
  tryWith(new Served(servers.mock));
});

describe.skipIf(python === '' || folder === '' || !existsSync(smollm))(
  `Python clients with SmolLM2-135M-Instruct ${needsBoth}`,
  () => {
    tryWith(new Served(['-m', smollm, '--gpu', 'off', '-n', '1', '--max-tokens', '1000']));
  },
);
