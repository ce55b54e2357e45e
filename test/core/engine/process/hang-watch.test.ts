import { describe, expect, it } from 'vitest';
import type { Round } from '../../../../src/core/engine/engine.js';
import type { LlamaEngineOptions } from '../../../../src/core/engine/options.js';
import {
  type HangLimits,
  hangLimitsOf,
  HangWatch,
  promptHangLimits,
} from '../../../../src/core/engine/process/hang-watch.js';
import { llamaOptions } from '../../../support/llama-options.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { mockOptions } from '../mock/mock-harness.js';
import { FakeChild } from './fake-child.js';

const limits: HangLimits = {
  silenceMs: 60_000,
  roundMs: (slowestMs) => (slowestMs === null ? 600_000 : 100 * slowestMs),
};

interface Stage {
  readonly clock: VirtualClock;
  readonly child: FakeChild;
  readonly watch: HangWatch;
  readonly reasons: string[];
  readonly work: { isBusy: boolean };
}

function stage(): Stage {
  const clock = new VirtualClock();
  const child = new FakeChild(1, clock);
  const reasons: string[] = [];
  const work = { isBusy: false };
  const watch = new HangWatch(limits, clock, {
    isBusy: () => work.isBusy,
    onHang: (_child, reason) => reasons.push(reason),
  });
  watch.begin(child);
  return { clock, child, watch, reasons, work };
}

function round(durationMs: number): Round {
  return { durationMs, batchSize: 1, events: [] };
}

describe('hang watch', () => {
  it('does not report a process that sends messages', () => {
    const { clock, reasons } = stage();
    clock.advance(1_000_000);
    expect(reasons).toEqual([]);
  });

  it('reports a silent process once', () => {
    const { clock, child, watch, reasons } = stage();
    clock.advance(10_000);
    child.stopSilently();
    clock.advance(59_000);
    expect(reasons).toEqual([]);
    clock.advance(100_000);
    expect(reasons).toEqual(['The engine process hung: it has not answered for 60 s.']);
    expect(watch).toMatchObject({ verdict: reasons[0], hungMs: 60_000 });
  });

  it('does not mistake the sleep of the machine for silence', () => {
    const { clock, child, reasons } = stage();
    child.stopSilently();
    for (let night = 0; night < 50; night += 1) {
      clock.advance(500);
      clock.sleep(3_600_000);
    }
    clock.advance(1000);
    expect(reasons).toEqual([]);
    clock.advance(60_000);
    expect(reasons.length).toBe(1);
  });

  it('allows rounds in proportion to the slowest so far', () => {
    const { clock, watch, reasons, work } = stage();
    work.isBusy = true;
    for (const durationMs of [900, 2000, 30]) {
      clock.advance(2000);
      watch.progressed(round(durationMs));
    }
    clock.advance(199_000);
    expect(reasons).toEqual([]);
    clock.advance(2000);
    expect(reasons).toEqual(['The engine process hung: its generations have not advanced for 200 s.']);
  });

  it('has a limit of its own for the first round', () => {
    const { clock, reasons, work } = stage();
    work.isBusy = true;
    clock.advance(599_000);
    expect(reasons).toEqual([]);
    clock.advance(2000);
    expect(reasons.length).toBe(1);
  });

  it('does not mistake the sleep of the machine for a slow round', () => {
    const { clock, watch, reasons, work } = stage();
    work.isBusy = true;
    clock.sleep(3_600_000);
    clock.advance(1500);
    watch.progressed(round(3_601_500));
    clock.advance(299_000);
    expect(reasons).toEqual([]);
    clock.advance(2000);
    expect(reasons.length).toBe(1);
  });

  it('expects no rounds while nothing runs', () => {
    const { clock, watch, reasons } = stage();
    watch.progressed(round(10));
    clock.advance(1_000_000);
    expect(reasons).toEqual([]);
  });

  it('is not misled by clients that give up and others that come', () => {
    const { clock, watch, reasons, work } = stage();
    watch.progressed(round(1000));
    for (let client = 0; client < 10; client += 1) {
      work.isBusy = true;
      clock.advance(15_000);
      work.isBusy = false;
      clock.advance(5000);
    }
    expect(reasons.length).toBe(1);
  });

  it('starts again with the next process, but remembers how slow rounds are', () => {
    const { clock, watch, reasons, work } = stage();
    watch.progressed(round(1000));
    work.isBusy = true;
    clock.advance(100_000);
    expect(reasons.length).toBe(1);
    watch.begin(new FakeChild(2, clock));
    expect(watch).toMatchObject({ verdict: null, hungMs: 0 });
    clock.advance(99_000);
    expect(reasons.length).toBe(1);
    clock.advance(1000);
    expect(reasons.length).toBe(2);
  });
});

const minuteMs = 60_000;

function llama(prefillChunk: number | 'auto'): LlamaEngineOptions {
  return llamaOptions('model.gguf', { prefillChunk });
}

describe('hang limits', () => {
  it('allow a full prefill chunk on a machine that takes seconds for each token', () => {
    expect(hangLimitsOf(llama(128)).roundMs(null)).toBe(128 * 5000);
    expect(hangLimitsOf(llama(128)).roundMs(7000)).toBe(132 * 7000);
    expect(hangLimitsOf(llama(2048)).roundMs(500)).toBe(2052 * 500);
    expect(hangLimitsOf(llama('auto')).roundMs(null)).toBe(128 * 5000);
  });

  it('allow minutes on a machine whose rounds are usually quick', () => {
    expect(hangLimitsOf(llama(128)).roundMs(20)).toBe(5 * minuteMs);
  });

  it('do not limit the rounds of the mock', () => {
    expect(hangLimitsOf({ ...mockOptions, prefillMs: 60 * minuteMs }).roundMs(20)).toBe(Infinity);
    expect(hangLimitsOf(mockOptions).silenceMs).toBe(minuteMs);
  });
});

describe('limits of a process that prepares prompts', () => {
  it('are short, and concern only its silence', () => {
    const clock = new VirtualClock();
    const child = new FakeChild(1, clock);
    child.role = 'prompts';
    const reasons: string[] = [];
    const watch = new HangWatch(promptHangLimits, clock, {
      isBusy: () => true,
      onHang: (_child, reason) => reasons.push(reason),
    });
    watch.begin(child);
    clock.advance(1_000_000);
    expect(reasons).toEqual([]);
    child.stopSilently();
    clock.advance(15_000);
    expect(reasons).toEqual(['The prompt process hung: it has not answered for 15 s.']);
  });
});
