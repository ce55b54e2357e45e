import { afterEach, describe, expect, it, vi } from 'vitest';
import { firstSignal } from '../../../src/cli/exit/signals.js';

const signals = ['SIGINT', 'SIGTERM'] as const;
const listenersBefore = signals.map((signal) => process.listeners(signal));

afterEach(() => {
  vi.restoreAllMocks();
  signals.forEach((signal, index) => {
    for (const listener of process.listeners(signal)) {
      if (listenersBefore[index]?.includes(listener) !== true) process.off(signal, listener);
    }
  });
});

describe('signals', () => {
  it.each(signals)('%s asks for an end', async (signal) => {
    const { signalled, stopping } = firstSignal();
    expect(stopping.aborted).toBe(false);
    process.emit(signal, signal);
    expect(await signalled).toBe(signal);
    expect(stopping.aborted).toBe(true);
  });

  it('need not be one: what is asked for otherwise ends the same way, once', async () => {
    const { signalled, stopping, ask } = firstSignal();
    ask('request');
    ask('SIGHUP');
    expect(await signalled).toBe('request');
    expect(stopping.aborted).toBe(true);
  });

  it('give the reason to what they stop', () => {
    const { stopping } = firstSignal();
    process.emit('SIGTERM', 'SIGTERM');
    expect(stopping.reason).toMatchObject({ code: 'cancelled', message: 'Stopped before the model was loaded.' });
  });

  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
  ] as const)('%s and then %s ends at once', async (first, second) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('The process has ended.');
    });
    const { signalled, beforeEnd } = firstSignal();
    const told: string[] = [];
    beforeEnd((signal) => told.push(signal));
    process.emit(first, first);
    await signalled;
    expect(exit).not.toHaveBeenCalled();
    expect(told).toEqual([]);
    expect(() => process.emit(second, second)).toThrow('The process has ended.');
    expect(exit).toHaveBeenCalledExactlyOnceWith(130);
    expect(told).toEqual([second]);
  });

  it('end the process although what should be told fails', () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('The process has ended.');
    });
    const { beforeEnd } = firstSignal();
    beforeEnd(() => {
      throw new Error('The log cannot be written.');
    });
    process.emit('SIGTERM', 'SIGTERM');
    expect(() => process.emit('SIGTERM', 'SIGTERM')).toThrow('The process has ended.');
    expect(exit).toHaveBeenCalledExactlyOnceWith(130);
  });
});
