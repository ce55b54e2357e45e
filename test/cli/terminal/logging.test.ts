import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const logging = new URL('../../../dist/cli/terminal/logging.js', import.meta.url).href;

interface Ended {
  readonly code: unknown;
  readonly stderr: string;
}

/** A device on which every write fails because the disk is full; Linux has it. */
const fullDisk = '/dev/full';

/** Runs a script with a `logger` of that level in its own process, because the log writes to the descriptor itself. */
async function run(
  level: string,
  script: string,
  { before = '', output = 'read' }: { before?: string; output?: 'read' | 'closed' | 'full' } = {},
): Promise<Ended> {
  const program = `
    ${before}
    const { createLogger } = await import(${JSON.stringify(logging)});
    const logger = createLogger(${JSON.stringify(level)});
    ${script}
  `;
  const disk = output === 'full' ? openSync(fullDisk, 'w') : null;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { PATH: process.env['PATH'], TERM: 'xterm' },
    stdio: ['ignore', 'ignore', disk ?? 'pipe'],
  });
  const exited = once(child, 'exit');
  if (disk !== null) closeSync(disk);
  if (output === 'closed') child.stderr?.destroy();
  const stderr = output === 'read' && child.stderr !== null ? await text(child.stderr) : '';
  const [code] = (await exited) as unknown[];
  return { code, stderr };
}

const isTerminal = 'process.stderr.isTTY = true;';

// Most of the time of each test is the start of a process.
describe.concurrent('the log', () => {
  it('is a JSON object per line, with the level by its name and the time for machines', async () => {
    const { stderr } = await run('info', `logger.warn({ pid: 7 }, 'engine died'); logger.info('ready');`);
    const lines = stderr
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown;
    expect(lines).toEqual([
      { level: 'warn', time, pid: 7, msg: 'engine died' },
      { level: 'info', time, msg: 'ready' },
    ]);
  });

  it.each([
    ['silent', 0],
    ['error', 1],
    ['debug', 4],
  ])('at the level %s has %d of four lines', async (level, count) => {
    const { stderr } = await run(level, `for (const level of ['debug', 'info', 'warn', 'error']) logger[level]('x');`);
    expect(stderr.split('\n').length - 1).toBe(count);
  });

  it('loses no line to a process that ends at once', async () => {
    const { code, stderr } = await run('info', `for (let i = 0; i < 100; i += 1) logger.info('x'); process.exit(3);`);
    expect(code).toBe(3);
    expect(stderr.split('\n').length - 1).toBe(100);
  });

  it.each([
    ['its pipe is not read', 'closed'],
    ...(existsSync(fullDisk) ? ([['the disk is full', 'full']] as const) : []),
  ] as const)('does not end the process if %s', async (_, output) => {
    const script = `
      const timer = setInterval(() => logger.info('x'), 1);
      setTimeout(() => { clearInterval(timer); process.exitCode = 7; }, 100);
    `;
    expect((await run('info', script, { output })).code).toBe(7);
  });

  it('is written for people on a terminal, in colours unless they are turned off', async () => {
    const script = `logger.warn({ attempt: 2 }, 'engine died');`;
    const coloured = await run('info', script, { before: isTerminal });
    expect(coloured.stderr).toContain('\u001b[');
    const plain = await run('info', script, { before: `${isTerminal} process.env.NO_COLOR = '1';` });
    expect(plain.stderr).toMatch(/^\d\d:\d\d:\d\d warn engine died {2}attempt=2\n$/);
  });
});
