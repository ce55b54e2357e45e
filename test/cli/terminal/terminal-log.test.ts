import { describe, expect, it } from 'vitest';
import { terminalLine } from '../../../src/cli/terminal/terminal-log.js';

const time = new Date(2026, 10, 22, 14, 2, 11).getTime();

const completed = {
  level: 'info',
  time,
  id: 'chatcmpl-53b6f94a-f368-40db-93e2-047eb44292d6',
  request_id: '09c9b005-584d-4bfb-806c-f9a513b0fcd1',
  outcome: 'completed',
  queue_ms: 0.1,
  prefill_ms: 33.2,
  decode_ms: 105.8,
  e2e_ms: 139.7,
  prompt_tokens: 10,
  cached_tokens: 0,
  output_tokens: 3,
  msg: 'request completed',
};

function shown(fields: object, columns = 80): string {
  return terminalLine(JSON.stringify(fields), { colours: false, columns });
}

describe('the line of a request on a terminal', () => {
  it('shows its outcome, where its time went, and its speed', () => {
    expect(shown(completed)).toBe('14:02:11 53b6f9 completed  queue 0 ms    prefill 33 ms   3 tokens at 18.9/s\n');
  });

  it.each([
    ['a slow one', { queue_ms: 59_949, prefill_ms: 599_949, decode_ms: 999_999, output_tokens: 99_999 }],
    ['a fast one', { queue_ms: 999, prefill_ms: 999, decode_ms: 11_000, output_tokens: 99_999 }],
  ])('fits into 80 columns, even for %s', (_, changes) => {
    expect(shown({ ...completed, ...changes }).trimEnd().length).toBeLessThanOrEqual(80);
  });

  it('shows how long it was paused', () => {
    expect(shown({ ...completed, paused_ms: 2430 })).toBe(
      '14:02:11 53b6f9 completed  queue 0 ms    prefill 33 ms   3 tokens at 18.9/s, paused 2.4 s\n',
    );
  });

  it.each([
    ['nothing', 0, '0 tokens'],
    ['one token', 1, '1 token'],
  ])('shows no speed for %s', (_, tokens, end) => {
    expect(shown({ ...completed, decode_ms: 0, output_tokens: tokens })).toMatch(new RegExp(`  ${end}\n$`));
  });

  it('of a client that left shows what it had by then', () => {
    const left = { ...completed, level: 'info', queue_ms: 5000 };
    expect(shown({ ...left, outcome: 'cancelled_waiting', prefill_ms: 0, output_tokens: 0 })).toBe(
      '14:02:11 53b6f9 cancelled  queue 5 s\n',
    );
    expect(shown({ ...left, outcome: 'cancelled_running' })).toBe(
      '14:02:11 53b6f9 cancelled  queue 5 s     prefill 33 ms   3 tokens at 18.9/s\n',
    );
  });

  it.each([
    ['refused', 'refused  ', 'queue_full', 'The queue is full.'],
    ['timed_out', 'timed out', 'queue_timeout', 'The request waited 60 s.'],
    ['failed', 'failed   ', 'engine_failed', 'The engine failed.'],
  ])('that was %s shows the code and the message of the error', (outcome, word, code, error) => {
    expect(shown({ ...completed, level: 'error', outcome, code, error })).toBe(
      `14:02:11 53b6f9 ${word}  ${code}: ${error}\n`,
    );
  });
});

describe('another line on a terminal', () => {
  it('is a time, a message and its fields', () => {
    const line = { level: 'info', time, pid: 7, model: 'small', device: 'CPU (2 threads)', msg: 'engine ready' };
    expect(shown(line)).toBe('14:02:11 engine ready  pid=7 model=small device="CPU (2 threads)"\n');
  });

  it.each(['debug', 'warn', 'error'])('names the level %s', (level) => {
    expect(shown({ level, time, msg: 'engine died' })).toBe(`14:02:11 ${level} engine died\n`);
  });

  it('leaves out the fields that do not fit into the width', () => {
    const line = { level: 'info', time, model: 'a'.repeat(20), architecture: 'llama', gpu: 'off', msg: 'loading' };
    expect(shown(line, 55)).toBe(`14:02:11 loading  model=${'a'.repeat(20)} gpu=off …\n`);
    expect(shown(line, 80)).toBe(`14:02:11 loading  model=${'a'.repeat(20)} architecture=llama gpu=off\n`);
  });

  it('measures fields by the columns that they take', () => {
    const line = { level: 'info', time, model: '日本語モデル', gpu: 'off', msg: 'loading' };
    expect(shown(line, 48)).toBe('14:02:11 loading  model="日本語モデル" gpu=off\n');
    expect(shown(line, 42)).toBe('14:02:11 loading  model="日本語モデル" …\n');
  });

  it('shows every field of a warning, whatever the width', () => {
    const line = { level: 'warn', time, reason: 'x'.repeat(100), attempt: 2, msg: 'engine died' };
    expect(shown(line)).toBe(`14:02:11 warn engine died  reason=${'x'.repeat(100)} attempt=2\n`);
  });

  it('shortens the identifiers that chatstream made, and no others', () => {
    const id = '53b6f94a-f368-40db-93e2-047eb44292d6';
    const line = { level: 'debug', time, request_id: 'mine', id: `chatcmpl-${id}`, msg: 'request received' };
    expect(shown(line)).toBe('14:02:11 debug request received  request_id=mine id=53b6f9\n');
    expect(shown({ ...line, request_id: id })).toContain('request_id=53b6f9 ');
  });

  it('cannot be broken, nor the terminal controlled, by what a client sent', () => {
    const text = 'a\nb\u001b[2J\u009b2J\u202ec';
    expect(shown({ level: 'warn', time, error: text, msg: text })).toBe(
      '14:02:11 warn a b\\x1b[2J\\x9b2J\\x202ec  error="a\\nb\\u001b[2J\\x9b2J\\x202ec"\n',
    );
  });

  it('of a bug is followed by the stack', () => {
    const err = { type: 'TypeError', message: 'a bug', stack: 'TypeError: a bug\n    at handler (file.js:1:1)' };
    expect(shown({ level: 'error', time, code: 'internal', err, msg: 'request failed' })).toBe(
      '14:02:11 error request failed  code=internal\n  TypeError: a bug\n      at handler (file.js:1:1)\n',
    );
  });

  it('has colours if they are wanted', () => {
    const line = JSON.stringify({ level: 'warn', time, attempt: 2, msg: 'engine died' });
    expect(terminalLine(line, { colours: true, columns: 80 })).toContain('\u001b[33mwarn\u001b[39m');
  });

  it('that is not JSON is shown as it is', () => {
    expect(terminalLine('hello\n', { colours: false, columns: 80 })).toBe('hello\n');
  });
});
