import { describe, expect, it } from 'vitest';
import { countEnded, type Extension, extensionOf } from '../../../../../src/core/bench/load/job/extension.js';
import { MeasurementWindow } from '../../../../../src/core/bench/load/loops/load-run.js';

interface Plan {
  readonly warmupMs?: number;
  readonly durationMs?: number;
  readonly requests?: number;
  readonly extension?: Extension;
  readonly commonEnd?: Int32Array;
}

function windowOf({ warmupMs = 0, durationMs, requests, extension, commonEnd }: Plan): MeasurementWindow {
  return new MeasurementWindow(0, {
    warmupMs,
    durationMs: durationMs ?? null,
    requests: requests ?? null,
    extension: extension ?? null,
    ...(commonEnd === undefined ? {} : { commonEnd }),
  });
}

describe('MeasurementWindow', () => {
  it('counts what was due between the end of the warm-up and the end of the duration', () => {
    const window = windowOf({ warmupMs: 1000, durationMs: 2000 });
    expect([999_999, 1_000_000, 2_999_999, 3_000_000].map((us) => window.nextPhase(us))).toEqual([
      'warm-up',
      'counted',
      'counted',
      'over',
    ]);
  });

  it('counts a late request of a client that has none yet', () => {
    const window = windowOf({ durationMs: 1000 });
    expect(window.nextPhase(5_000_000, true)).toBe('counted');
    expect(window.extendedUs).toBe(0);
  });

  it('counts as many requests as planned and no more', () => {
    const window = windowOf({ warmupMs: 1000, requests: 2 });
    expect([0, 1e6, 1e6, 1e6].map((us) => window.nextPhase(us))).toEqual(['warm-up', 'counted', 'counted', 'over']);
    expect(window.nextPhase(1e6, true)).toBe('over');
  });

  it('is over when it was closed', () => {
    const window = windowOf({ warmupMs: 1000, durationMs: 2000 });
    window.close();
    expect(window.nextPhase(1_500_000, true)).toBe('over');
    expect(window.nextPhase(0)).toBe('over');
  });
});

describe('two windows with a common end', () => {
  it('are over when either has begun all of its requests, but each client has one', () => {
    const commonEnd = new Int32Array(new SharedArrayBuffer(4));
    const [fast, slow] = [windowOf({ requests: 2, commonEnd }), windowOf({ requests: 2, commonEnd })];
    expect([fast.nextPhase(0), slow.nextPhase(0), slow.isOver(0), fast.nextPhase(1)]).toEqual([
      'counted',
      'counted',
      false,
      'counted',
    ]);
    expect([slow.isOver(1), slow.nextPhase(1)]).toEqual([true, 'over']);
    expect(slow.nextPhase(1, true)).toBe('counted');
  });

  it('still send their warm-up', () => {
    const commonEnd = new Int32Array(new SharedArrayBuffer(4)).fill(1);
    expect(windowOf({ warmupMs: 1000, requests: 2, commonEnd }).nextPhase(0)).toBe('warm-up');
  });
});

describe('a window with an extension', () => {
  const end = (extension: Extension, status: 'completed' | 'refused', times: number): void => {
    const request = { intendedUs: 0, sendUs: 0, endUs: 1, reconnects: 0 };
    for (let each = 0; each < times; each += 1) {
      if (status === 'refused') countEnded(extension, { ...request, status, code: 'queue_full', message: '' });
      else {
        const tokens = {
          firstTokenUs: 1,
          lastTokenUs: 1,
          tokenChunks: 1,
          gapsUs: [],
          promptTokens: 1,
          outputTokens: 1,
          tokenCounts: null,
          cachedTokens: null,
          unseenReasoning: 0,
        };
        countEnded(extension, { ...request, status, ...tokens, serverTimings: null });
      }
    }
  };

  it('goes on until there are enough answers, also if another thread got them', () => {
    const extension = extensionOf({ requests: 20, longestMs: 60_000 }, 1);
    const window = windowOf({ warmupMs: 1000, durationMs: 10_000, extension });
    expect(window.nextPhase(10e6)).toBe('counted');
    expect(window.extendedUs).toBe(0);
    end(extension, 'completed', 19);
    expect(window.nextPhase(30e6)).toBe('counted');
    end(structuredClone(extension), 'completed', 1);
    expect(window.nextPhase(31e6)).toBe('over');
    expect(window.extendedUs).toBe(19e6);
  });

  it('goes on for no longer than planned', () => {
    const extension = extensionOf({ requests: 20, longestMs: 60_000 }, 1);
    const window = windowOf({ warmupMs: 1000, durationMs: 10_000, extension });
    expect([60.9e6, 61e6].map((us) => window.nextPhase(us))).toEqual(['counted', 'over']);
  });

  it('does not go on for a server that leaves most requests unanswered', () => {
    const extension = extensionOf({ requests: 20, longestMs: 60_000 }, 1);
    const window = windowOf({ durationMs: 10_000, extension });
    end(extension, 'completed', 3);
    end(extension, 'refused', 3);
    expect(window.nextPhase(11e6)).toBe('counted');
    end(extension, 'refused', 1);
    expect(window.nextPhase(12e6)).toBe('over');
  });

  it('needs only its share of the requests if there are several trials', () => {
    expect([1, 2, 3, 40].map((trials) => extensionOf({ requests: 20, longestMs: 60_000 }, trials).requests)).toEqual([
      20, 10, 7, 1,
    ]);
  });
});
