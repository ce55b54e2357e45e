import { Parser } from '@oclif/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { flagOrigins } from '../../../src/cli/flags/flags.js';
import { serveFlags } from '../../../src/cli/serve/flags/flags.js';
import { queueOptions } from '../../../src/cli/serve/flags/queue-flags.js';
import { idlePatience, latePatience } from '../../../src/cli/serve/late-patience.js';
import type { TrafficClass } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import type { ServeOptions } from '../../../src/core/serve/serve.js';
import { KeyJob } from '../../core/scheduler/fair-stage.js';
import { VirtualClock } from '../../support/virtual-clock.js';

async function queueOf(...argv: readonly string[]): Promise<ServeOptions['queue']> {
  const { flags } = await Parser.parse([...argv], { flags: serveFlags, strict: true });
  return queueOptions(flags, true);
}

function jobOf(key: string, trafficClass: TrafficClass): KeyJob {
  return new KeyJob(key, { key, trafficClass, promptTokens: 1, maxTokens: 1 }, 1, 0);
}

/** What becomes of a batch job behind interactive ones that take a second each, and of which some always wait. */
function fateOfBatch({ policy, classPatienceMs, preemptAfterMs, ...limits }: ServeOptions['queue']): string {
  const clock = new VirtualClock();
  const fair = { policy, classPatienceMs, preemptAfterMs, terms: new Map() };
  const scheduler = new Scheduler<KeyJob>({ ...limits, fair }, clock);
  const running = new Set<KeyJob>();
  const batch = jobOf('script', 'batch');
  const fates: string[] = [];
  scheduler.events((event) => {
    if (event.type === 'started') running.add(event.job);
    if (event.type === 'moved' || event.job !== batch) return;
    fates.push(event.type === 'turned_away' ? event.error.code : event.type);
  });
  const refill = (): void => {
    while (scheduler.waiting < 8) scheduler.admit(jobOf('people', 'interactive'));
  };
  refill();
  scheduler.admit(batch);
  for (let seconds = 0; seconds < 150 && fates.length === 0; seconds += 1) {
    clock.advance(1000);
    for (const job of [...running]) {
      running.delete(job);
      scheduler.release(job);
    }
    refill();
  }
  return fates.join();
}

describe('the time after which a waiting request rises by a class', () => {
  it.each([[[]], [['--queue-timeout', '6s']], [['--queue-timeout', '10m']], [['--queue-timeout', '0']]])(
    'lets batch requests start before the timeout of the queue, with %j',
    async (argv) => {
      const queue = await queueOf(...argv);
      expect(fateOfBatch(queue)).toBe('started');
      expect(latePatience(queue)).toBeNull();
    },
  );

  it.each([
    [[], 20_000],
    [['--queue-timeout', '6s'], 2000],
    [['--queue-timeout', '10m'], 60_000],
    [['--queue-timeout', '0'], 60_000],
    [['--class-patience', '50s'], 50_000],
    [['--class-patience', '0'], 0],
  ])('with %j is %d ms', async (argv, patienceMs) => {
    expect(await queueOf(...argv)).toMatchObject({ classPatienceMs: patienceMs });
  });

  it('is warned of where it is too long for that', async () => {
    const queue = await queueOf('--class-patience', '30s');
    expect(fateOfBatch(queue)).toBe('queue_timeout');
    expect(latePatience(queue)).toContain('after 60000 ms, before --class-patience');
    expect(latePatience(await queueOf('--class-patience', '29s'))).toBeNull();
    expect(latePatience(await queueOf('--class-patience', '30s', '--queue-policy', 'fifo'))).toBeNull();
  });
});

describe('a --class-patience without effect', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  async function problemOf(hasKeys: boolean, ...argv: readonly string[]): Promise<string | null> {
    const parsed = await Parser.parse([...argv], { flags: serveFlags, strict: true });
    return idlePatience(queueOptions(parsed.flags, hasKeys), flagOrigins(parsed));
  }

  it('is warned of where there are no classes', async () => {
    expect(await problemOf(false, '--class-patience', '5s')).toMatch(/^--class-patience has no effect/);
    expect(await problemOf(true, '--class-patience', '5s', '--queue-policy', 'fifo')).not.toBeNull();
    vi.stubEnv('CHATSTREAM_CLASS_PATIENCE', '5s');
    expect(await problemOf(false)).toMatch(/^CHATSTREAM_CLASS_PATIENCE has no effect/);
  });

  it('is not warned of where there are, nor where it was not set', async () => {
    expect(await problemOf(true, '--class-patience', '5s')).toBeNull();
    expect(await problemOf(false, '--class-patience', '5s', '--queue-policy', 'fair')).toBeNull();
    expect(await problemOf(false)).toBeNull();
  });
});
