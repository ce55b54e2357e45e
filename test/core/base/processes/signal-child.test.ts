import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { signalChild } from '../../../../src/core/base/processes/signal-child.js';

it('a signal goes to a child that runs', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  signalChild(child, 'SIGTERM');
  expect(await exited).toEqual([null, 'SIGTERM']);
});

it('a signal goes nowhere if there is no such program', async () => {
  const child = spawn('/nowhere/program', { stdio: 'ignore' });
  const failed = once(child, 'error');
  const kill = vi.spyOn(child, 'kill');
  signalChild(child, 'SIGTERM');
  expect(kill).not.toHaveBeenCalled();
  await failed;
});

it('ending a program that could not be started does not end its own process group', async () => {
  const module = new URL('../../../../dist/core/base/processes/line-program.js', import.meta.url).href;
  const script = `import { runForLines } from ${JSON.stringify(module)}; runForLines('/nowhere/program', [], { onLine() {} })();`;
  // In a process group of its own: without the guard, Node.js 20 ends everything in it.
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore', detached: true });
  expect(await once(child, 'exit')).toEqual([0, null]);
});
