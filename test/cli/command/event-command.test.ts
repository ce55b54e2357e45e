import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventCommand } from '../../../src/cli/command/event-command.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

class Example extends EventCommand {
  async run(): Promise<object> {
    await this.parse(Example);
    this.logEvent({ event: 'ready', port: 8000 }, 'It is ready\non port 8000.');
    return { event: 'stopped' };
  }
}

/** What the command writes to stdout. */
async function outputOf(argv: readonly string[]): Promise<string> {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    written.push(`${line}\n`);
  });
  await Example.run([...argv], root);
  return written.join('');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a command that runs until it is ended', () => {
  it('prints events as text', async () => {
    expect(await outputOf([])).toBe('It is ready\non port 8000.\n');
  });

  it('prints a line of JSON for each event with --json, the last one for its end', async () => {
    expect(await outputOf(['--json'])).toBe('{"event":"ready","port":8000}\n{"event":"stopped"}\n');
  });
});
