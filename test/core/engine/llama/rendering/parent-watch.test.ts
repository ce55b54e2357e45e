import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { loadedNativeFile } from '../../../../../src/core/engine/llama/library/jinja.js';
import { names } from '../prompt/harness.js';

const module = new URL('../../../../../dist/core/engine/llama/rendering/render-process.js', import.meta.url).href;

/** Takes hours, in native code. */
const loops = ['a', 'b', 'c'];
const source = [...loops.map((name) => `{% for ${name} in range(30000) %}`), ...loops.map(() => '{% endfor %}')].join(
  '',
);

const settings = { source, bosToken: null, eosToken: null, protectedTexts: names };
const chat = { type: 'chat', messages: [{ role: 'user', content: 'Hi' }] };

/** A process that has a chat rendered, and says so. What it starts holds its standard output open. */
const script = `
  import { fork } from 'node:child_process';
  import { writeSync } from 'node:fs';
  import { RenderProcess } from ${JSON.stringify(module)};
  // What renders does not keep a process alive.
  setInterval(() => {}, 1000);
  const renderer = { gpu: 'off', nativeFile: ${JSON.stringify(loadedNativeFile())} };
  const rendering = new RenderProcess(${JSON.stringify(settings)}, renderer, (entry, options) => {
    const child = fork(entry, [], { ...options, stdio: ['ignore', 'inherit', 'ignore', 'ipc'] });
    child.on('exit', () => writeSync(2, 'The process that renders has ended first.'));
    writeSync(1, child.pid + '\\n');
    return child;
  });
  await rendering.ready;
  void rendering.render(${JSON.stringify(chat)});
  // Sent when the event loop has gone on.
  setImmediate(() => setImmediate(() => writeSync(1, 'rendering\\n')));
`;

it('a process that renders a chat ends when its parent is killed', async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  let errors = '';
  parent.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const isClosed = once(parent.stdout, 'close');
  await new Promise<void>((resolve) => {
    parent.stdout.setEncoding('utf8').on('data', (text: string) => {
      written += text;
      if (written.includes('rendering')) resolve();
    });
  });
  onTestFinished(() => {
    // If it has not ended, nothing else would end it.
    try {
      process.kill(Number.parseInt(written, 10), 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
  parent.kill('SIGKILL');
  await isClosed;
  expect(errors).toBe('');
});
