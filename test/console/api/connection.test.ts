import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

interface ConnectionModule {
  readonly broken: { readonly peek: () => string | undefined };
  readonly connection: { readonly peek: () => { readonly status: string } };
  readonly stayConnected: (attempt: (signal: AbortSignal, onLive: () => void) => Promise<void>) => () => void;
}

/** The types of browsers, with which the console is checked, are not those of the tests. */
const path = '../../../console/src/api/connection.js';
const { broken, connection, stayConnected } = (await import(path)) as ConnectionModule;
const clientPath = '../../../console/src/api/client.js';
const { ApiError } = (await import(clientPath)) as {
  readonly ApiError: new (status: number, code: string, message: string) => Error;
};

/** A page, whose connections stay until they are told to break. */
interface Page {
  readonly show: () => void;
  readonly hide: () => void;
  readonly goOnline: () => void;
  /** How many connections there are, and have been. */
  readonly open: () => number;
  readonly begun: () => number;
  readonly breakOff: () => void;
}

let leave = (): void => undefined;

function page(hidden: boolean): Page {
  const shown = Object.assign(new EventTarget(), { hidden });
  const around = new EventTarget();
  vi.stubGlobal('document', shown);
  vi.stubGlobal('addEventListener', around.addEventListener.bind(around));
  vi.stubGlobal('removeEventListener', around.removeEventListener.bind(around));
  const open = new Set<() => void>();
  let begun = 0;
  leave = stayConnected((signal, onLive) => {
    begun += 1;
    onLive();
    return new Promise((resolve) => {
      const end = (): void => {
        open.delete(end);
        resolve();
      };
      open.add(end);
      signal.addEventListener('abort', end);
    });
  });
  const turn = (isHidden: boolean): void => {
    shown.hidden = isHidden;
    shown.dispatchEvent(new Event('visibilitychange'));
  };
  return {
    show: () => {
      turn(false);
    },
    hide: () => {
      turn(true);
    },
    goOnline: () => void around.dispatchEvent(new Event('online')),
    open: () => open.size,
    begun: () => begun,
    breakOff: () => {
      open.forEach((end) => {
        end();
      });
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  leave();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the connection of a page', () => {
  it('ends ten seconds after the page was hidden, and begins again when it is shown', () => {
    const { hide, show, open, begun } = page(false);
    expect(open()).toBe(1);
    hide();
    vi.advanceTimersByTime(9999);
    expect(open()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(open()).toBe(0);
    vi.advanceTimersByTime(3_600_000);
    expect(begun()).toBe(1);
    show();
    expect([open(), begun()]).toEqual([1, 2]);
  });

  it('stays if the page was hidden for a moment only', () => {
    const { hide, show, begun } = page(false);
    hide();
    vi.advanceTimersByTime(5000);
    show();
    vi.advanceTimersByTime(60_000);
    expect(begun()).toBe(1);
  });

  it('does not begin while the page has never been shown', () => {
    const { show, goOnline, open, begun } = page(true);
    goOnline();
    vi.advanceTimersByTime(60_000);
    expect(begun()).toBe(0);
    show();
    expect([open(), begun()]).toEqual([1, 1]);
  });

  it('is not taken up by a hidden page when the network is back', async () => {
    const { hide, show, goOnline, breakOff, begun } = page(false);
    hide();
    vi.advanceTimersByTime(9999);
    breakOff();
    await Promise.resolve();
    await Promise.resolve();
    expect(connection.peek().status).toBe('lost');
    vi.advanceTimersByTime(1);
    goOnline();
    vi.advanceTimersByTime(60_000);
    expect(begun()).toBe(1);
    show();
    expect(begun()).toBe(2);
  });

  it('begins at once when the network is back', async () => {
    const { goOnline, breakOff, begun } = page(false);
    breakOff();
    await Promise.resolve();
    await Promise.resolve();
    expect(connection.peek().status).toBe('lost');
    goOnline();
    expect(begun()).toBe(2);
  });

  it('is broken from the moment at which it is lost until the server is heard again, whatever is tried in between', async () => {
    const shown = Object.assign(new EventTarget(), { hidden: false });
    vi.stubGlobal('document', shown);
    vi.stubGlobal('addEventListener', () => undefined);
    vi.stubGlobal('removeEventListener', () => undefined);
    const attempts: { readonly hear: () => void; readonly fail: () => void }[] = [];
    leave = stayConnected(
      (_signal, hear) =>
        new Promise((_resolve, fail) => {
          attempts.push({
            hear,
            fail: () => {
              fail(new TypeError('Failed to fetch'));
            },
          });
        }),
    );
    const seen = (): readonly (string | undefined)[] => [connection.peek().status, broken.peek()];
    attempts[0]?.hear();
    expect(seen()).toEqual(['live', undefined]);
    attempts[0]?.fail();
    await vi.advanceTimersByTimeAsync(0);
    expect(seen()).toEqual(['lost', 'lost']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen()).toEqual(['connecting', 'lost']);
    attempts[1]?.fail();
    await vi.advanceTimersByTimeAsync(0);
    expect(seen()).toEqual(['lost', 'lost']);
    await vi.advanceTimersByTimeAsync(10_000);
    attempts[2]?.hear();
    expect(seen()).toEqual(['live', undefined]);
  });

  it.each([
    [403, 'refused'],
    [404, 'refused'],
    [429, 'lost'],
    [503, 'lost'],
  ])('that fails with a %i is %s, and only a lost one is tried again', async (status, expected) => {
    vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }));
    vi.stubGlobal('addEventListener', () => undefined);
    vi.stubGlobal('removeEventListener', () => undefined);
    const attempt = vi.fn(() => Promise.reject(new ApiError(status, 'unknown', 'No.')));
    leave = stayConnected(attempt);
    await vi.advanceTimersByTimeAsync(0);
    expect([connection.peek().status, broken.peek()]).toEqual([expected, expected]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempt.mock.calls.length > 1).toBe(expected === 'lost');
  });
});
