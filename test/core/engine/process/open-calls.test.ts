import { describe, expect, it } from 'vitest';
import { clientLeftError } from '../../../../src/core/base/refusals/refusals.js';
import { OpenCalls } from '../../../../src/core/engine/process/open-calls.js';

function transport(): { readonly log: string[]; send: (call: number) => void; drop: (call: number) => void } {
  const log: string[] = [];
  return {
    log,
    send: (call) => log.push(`send ${call}`),
    drop: (call) => log.push(`drop ${call}`),
  };
}

describe('open calls', () => {
  it('takes a call back when its caller leaves, and ignores a late answer', async () => {
    const calls = new OpenCalls();
    const line = transport();
    const caller = new AbortController();
    const call = calls.tokens(line, caller.signal);
    caller.abort(clientLeftError());
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    calls.settle({ type: 'tokens', call: 1, tokens: [1] });
    expect(line.log).toEqual(['send 1', 'drop 1']);
  });

  it('does not send a call whose caller has left already', async () => {
    const line = transport();
    const call = new OpenCalls().text(line, AbortSignal.abort(clientLeftError()));
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    expect(line.log).toEqual([]);
  });

  it('does not drop a call that was answered before its caller left', async () => {
    const calls = new OpenCalls();
    const line = transport();
    const caller = new AbortController();
    const call = calls.text(line, caller.signal);
    calls.settle({ type: 'text', call: 1, text: 'a' });
    expect(await call).toBe('a');
    caller.abort();
    expect(line.log).toEqual(['send 1']);
  });

  it('forgets a call that cannot be sent', async () => {
    const calls = new OpenCalls();
    const line = transport();
    const caller = new AbortController();
    const send = (): void => {
      throw new RangeError('Maximum call stack size exceeded');
    };
    await expect(calls.text({ ...line, send }, caller.signal)).rejects.toMatchObject({ code: 'internal' });
    caller.abort(clientLeftError());
    expect(line.log).toEqual([]);
  });
});
