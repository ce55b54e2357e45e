import { beforeEach, describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/core/base/emitter.js';

describe('an emitter', () => {
  let emitter: Emitter<number>;
  let heard: string[];

  const listen = (name: string): ((event: number) => void) => {
    return (event) => {
      heard.push(`${name}${event}`);
    };
  };

  beforeEach(() => {
    emitter = new Emitter();
    heard = [];
  });

  it('calls its listeners at once, in the order in which they subscribed', () => {
    emitter.subscribe(listen('a'));
    emitter.subscribe(listen('b'));
    emitter.emit(1);
    expect(heard).toEqual(['a1', 'b1']);
  });

  it('does not keep events for those who subscribe later', () => {
    emitter.emit(1);
    emitter.subscribe(listen('a'));
    expect(heard).toEqual([]);
  });

  it('does not call a listener that has unsubscribed, however often it did', () => {
    const unsubscribe = emitter.subscribe(listen('a'));
    emitter.subscribe(listen('b'));
    unsubscribe();
    unsubscribe();
    emitter.emit(1);
    expect(heard).toEqual(['b1']);
  });

  it('no longer calls a listener that is removed during the emit', () => {
    const unsubscribers: (() => void)[] = [];
    emitter.subscribe(() => {
      for (const unsubscribe of unsubscribers) unsubscribe();
    });
    unsubscribers.push(emitter.subscribe(listen('b')));
    emitter.emit(1);
    expect(heard).toEqual([]);
  });

  it('lets what a listener throws surface where the event was emitted', () => {
    emitter.subscribe(() => {
      throw new Error('a bug');
    });
    expect(() => {
      emitter.emit(1);
    }).toThrow('a bug');
  });

  it('can hand out its subscribing half alone', () => {
    const { subscribe } = emitter;
    subscribe(listen('a'));
    emitter.emit(1);
    expect(heard).toEqual(['a1']);
  });
});
