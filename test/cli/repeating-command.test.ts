import { describe, expect, it } from 'vitest';
import { repeatingCommand } from '../../src/cli/repeating-command.js';

const command = (...argv: readonly string[]): string => repeatingCommand('chatstream bench', argv);

describe('repeatingCommand', () => {
  it('is what was typed, for a shell', () => {
    expect(command('-c', '8', '--slo', 'ttft.p95<500ms', '--rate=1,2')).toBe(
      "chatstream bench -c 8 --slo 'ttft.p95<500ms' --rate=1,2",
    );
    expect(command('--model-name', "it's")).toBe("chatstream bench --model-name 'it'\\''s'");
  });

  it('leaves out keys', () => {
    expect(command('--api-key', 'hush', '--header', 'X-Key: hush', '-u', 'http://h/v1?key=hush')).toBe(
      "chatstream bench --api-key KEY --header 'X-Key: VALUE' -u http://h/v1",
    );
    expect(command('--api-key=hush', '--header=X-Key: hush', '--versus=http://h/v1?key=hush')).toBe(
      "chatstream bench --api-key KEY --header 'X-Key: VALUE' --versus=http://h/v1",
    );
  });

  it('leaves out the files that it would overwrite', () => {
    expect(command('-o', 'a.json', '--output=a.html', '--samples', 's.jsonl', '-n', '2')).toBe('chatstream bench -n 2');
    expect(command('-oa.json', '-n2')).toBe('chatstream bench -n2');
  });
});
