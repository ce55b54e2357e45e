import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { shellLines } from '../../../../src/core/report/text/shell-lines.js';

const word = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,12}$/),
  fc.stringMatching(/^[a-z ']{1,12}$/).map((text) => `'${text.replaceAll("'", String.raw`'\''`)}'`),
);

describe('a command on several lines', () => {
  it('is one line where it fits', () => {
    expect(shellLines('chatstream bench -c 8', 60)).toEqual(['  chatstream bench -c 8']);
  });

  it('goes on after a backslash, and leaves flags and their values together', () => {
    const command = "chatstream bench --no-stream --url http://127.0.0.1:8080 --slo 'ttft.p95<500ms and more'";
    expect(shellLines(command, 48)).toEqual([
      '  chatstream bench --no-stream \\',
      '    --url http://127.0.0.1:8080 \\',
      "    --slo 'ttft.p95<500ms and more'",
    ]);
  });

  it('parts a flag from a value that does not fit beside it', () => {
    expect(shellLines('chatstream bench --url http://127.0.0.1:8080', 28)).toEqual([
      '  chatstream bench --url \\',
      '    http://127.0.0.1:8080',
    ]);
  });

  it('has the same words for a shell, and is as narrow as they allow', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), fc.integer({ min: 20, max: 60 }), (words, width) => {
        const lines = shellLines(words.join(' '), width);
        const longest = Math.max(...words.map((each) => stringWidth(each)));
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(Math.max(width, longest + 6));
        const script = `printf '%s\\n' ${lines.join('\n').trim()}`;
        const straight = `printf '%s\\n' ${words.join(' ')}`;
        expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(
          execFileSync('sh', ['-c', straight], { encoding: 'utf8' }),
        );
      }),
      { numRuns: 40 },
    );
  });
});
