import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Served, servers } from '../support/clients/served.js';

const python = process.env['CHATSTREAM_TEST_PYTHON'] ?? '';
const needsPython = '(needs CHATSTREAM_TEST_PYTHON, made by scripts/install-python-clients.sh)';
const folder = process.env['CHATSTREAM_TEST_MODELS'] ?? '';
const smollm = join(folder, 'smollm2-135m-instruct-q4_1.gguf');
const needsBoth = '(needs CHATSTREAM_TEST_PYTHON and CHATSTREAM_TEST_MODELS)';

/** Importing the clients takes seconds, and a small machine many more for the answers. */
const patience = { timeout: 300_000 };

const roundTrips = ['round_trip', 'streamed_round_trip', 'forced_call', 'structured_output'];

/** Scripts in test/slow/python, and the checks that each reports when they have passed. */
const clients: readonly (readonly [script: string, checks: readonly string[]])[] = [
  ['openai_client.py', roundTrips],
  ['langchain_client.py', roundTrips],
  ['pydantic_ai_client.py', roundTrips],
  ['instructor_client.py', ['forced_call', 'streamed_call', 'several', 'structured_output']],
  ['litellm_client.py', roundTrips],
];

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
  it.each(clients)('%s', patience, async (script, checks) => {
    const controller = new AbortController();
    onTestFinished(() => {
      controller.abort();
    });
    expect(await run(script, served, controller.signal)).toEqual(checks);
  });
}

describe.skipIf(python === '')(`Python clients with the mock ${needsPython}`, () => {
  tryWith(new Served(servers.mock));
});

describe.skipIf(python === '' || folder === '' || !existsSync(smollm))(
  `Python clients with SmolLM2-135M-Instruct ${needsBoth}`,
  () => {
    tryWith(new Served(['-m', smollm, '--gpu', 'off', '-n', '1', '--max-tokens', '1000']));
  },
);
