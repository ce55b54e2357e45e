import { beforeEach, describe, expect, it } from 'vitest';
import { untilAborted, withDeadline } from '../../../src/core/base/abort.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const never = new Promise<string>(() => undefined);

describe('a promise until a signal is aborted', () => {
  let controller: AbortController;

  beforeEach(() => {
    controller = new AbortController();
  });

  it('gives its value', async () => {
    await expect(untilAborted(Promise.resolve('value'), controller.signal)).resolves.toBe('value');
  });

  it('gives its error', async () => {
    await expect(untilAborted(Promise.reject(new Error('bad')), controller.signal)).rejects.toThrow('bad');
  });

  it('rejects with the reason as soon as the signal is aborted', async () => {
    const answer = untilAborted(never, controller.signal);
    controller.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
  });

  it('rejects at once if the signal was aborted before', async () => {
    controller.abort(new Error('gone'));
    await expect(untilAborted(never, controller.signal)).rejects.toThrow('gone');
  });

  it('turns a reason that is not an error into one', async () => {
    controller.abort('gone');
    await expect(untilAborted(never, controller.signal)).rejects.toEqual(new Error('gone'));
  });

  it('ignores the later outcome of the promise', async () => {
    const fails: ((error: Error) => void)[] = [];
    const slow = new Promise<string>((_, reject) => fails.push(reject));
    const answer = untilAborted(slow, controller.signal);
    controller.abort(new Error('gone'));
    for (const fail of fails) fail(new Error('too late'));
    await expect(answer).rejects.toThrow('gone');
  });
});

describe('a signal with a deadline', () => {
  const reasons = { aborted: () => new Error('left'), late: () => new Error('late') };
  let clock: VirtualClock;
  let source: AbortController;

  beforeEach(() => {
    clock = new VirtualClock();
    source = new AbortController();
  });

  it('is aborted when its source is', () => {
    const { signal } = withDeadline(source.signal, 100, clock, reasons);
    source.abort();
    expect(signal.reason).toEqual(new Error('left'));
  });

  it('is aborted already if its source was', () => {
    source.abort();
    expect(withDeadline(source.signal, 100, clock, reasons).signal.reason).toEqual(new Error('left'));
  });

  it('is aborted when the time is over, and not before', () => {
    const { signal } = withDeadline(source.signal, 100, clock, reasons);
    clock.advance(99);
    expect(signal.aborted).toBe(false);
    clock.advance(1);
    expect(signal.reason).toEqual(new Error('late'));
  });

  it('is never aborted by a deadline of 0', () => {
    withDeadline(source.signal, 0, clock, reasons);
    expect(clock.pending).toBe(0);
  });

  it('releases timer and source when it is disposed of', () => {
    const { signal, dispose } = withDeadline(source.signal, 100, clock, reasons);
    dispose();
    source.abort();
    clock.advance(1000);
    expect([signal.aborted, clock.pending]).toEqual([false, 0]);
  });
});
