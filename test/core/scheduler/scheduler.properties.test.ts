import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codesOf,
  entriesOf,
  type Entry,
  type Moment,
  play,
  type Script,
  scripts,
  type ScriptShape,
  type Stage,
} from './stage.js';

const anyLife: ScriptShape = { reacting: true, draining: true };

/** Holds for everything that the owner does, also from within the events. */
function law(shape: ScriptShape, holds: (script: Script) => void): void {
  fc.assert(fc.property(scripts(shape), holds), { numRuns: 100 });
}

describe('a scheduler, whatever its owner does and whenever', () => {
  it('never runs more than max_concurrency, and starts nothing while it is above after a resize', () => {
    law(anyLife, (script) => {
      for (const { running, limits } of entriesOf(play(script), 'started')) {
        expect(running.length).toBeLessThan(limits.maxConcurrency);
      }
    });
  });

  it('starts jobs in the order of their admission', () => {
    law(anyLife, (script) => {
      for (const { id, waiting } of entriesOf(play(script), 'started')) expect(id).toBe(waiting[0]);
    });
  });

  it('never leaves a slot free while a job waits', () => {
    law(anyLife, (script) => {
      play(script, ({ now: { running, waiting, limits } }) => {
        if (waiting.length > 0) expect(running.length).toBeGreaterThanOrEqual(limits.maxConcurrency);
      });
    });
  });

  it('ends each wait exactly once: the job starts, is turned away or is withdrawn', () => {
    law(anyLife, (script) => {
      const stage = play(script);
      stage.finish();
      const fates = stage.history.filter(({ type }) => ['started', 'turned away', 'withdrawn'].includes(type));
      const admitted = entriesOf(stage, 'admitted').map(({ id }) => id);
      expect(fates.map((fate) => ('id' in fate ? fate.id : '')).sort()).toEqual(admitted.sort());
    });
  });

  it('never runs a job that was withdrawn while it waited', () => {
    law(anyLife, (script) => {
      const stage = play(script);
      const withdrawn = new Set(entriesOf(stage, 'withdrawn').map(({ id }) => id));
      for (const { id } of entriesOf(stage, 'started')) expect(withdrawn).not.toContain(id);
    });
  });

  it('counts running and waiting jobs as its owner does', () => {
    law(anyLife, (script) => {
      play(script, ({ scheduler, now: { running, waiting } }) => {
        expect({ running: scheduler.running, waiting: scheduler.waiting }).toEqual({
          running: running.length,
          waiting: waiting.length,
        });
      });
    });
  });

  it('refuses exactly the jobs for which there is neither a slot nor a place to wait', () => {
    law({ reacting: true }, (script) => {
      const stage = play(script);
      for (const { type, running, waiting, limits } of stage.history) {
        if (type !== 'admitted' && type !== 'refused') continue;
        const places = Math.max(0, limits.maxConcurrency - running.length) + limits.maxQueue;
        expect(type).toBe(waiting.length < places ? 'admitted' : 'refused');
      }
      expect(codesOf(entriesOf(stage, 'refused')).every((code) => code === 'queue_full')).toBe(true);
    });
  });

  it('admits no job once it drains', () => {
    law(anyLife, (script) => {
      const { history } = play(script);
      for (const entry of history) {
        if (!entry.draining) continue;
        expect(entry.type).not.toBe('admitted');
        if (entry.type === 'refused') expect(entry.error.code).toBe('draining');
      }
    });
  });

  it('reports in advance how many jobs it would still admit', () => {
    law({ draining: true }, (script) => {
      const stage = play(script);
      const { vacancies } = stage.scheduler.room;
      for (let count = 0; count < vacancies; count += 1) stage.perform({ do: 'admit' });
      expect(entriesOf(stage, 'admitted').length).toBe(entriesOf(play(script), 'admitted').length + vacancies);
      stage.perform({ do: 'admit' });
      expect(stage.history.at(-1)?.type).toBe('refused');
    });
  });

  it('drains to the end: no job starts, is admitted or waits, and it reports when all have ended', async () => {
    await fc.assert(
      fc.asyncProperty(scripts(anyLife), async (script) => {
        const stage = play(script);
        stage.finish();
        const { asked, ended } = await stage.drained();
        expect(ended).toBe(asked);
        expect(stage.now).toMatchObject({ running: [], waiting: [] });
        const sinceDraining = stage.history.filter(({ draining }) => draining).map(({ type }) => type);
        expect(sinceDraining).not.toContain('started');
        expect(sinceDraining).not.toContain('admitted');
      }),
      { numRuns: 100 },
    );
  });
});

describe('a scheduler, as time goes by', () => {
  it('turns away a job exactly when it has waited as long as the queue allows, and for that reason', () => {
    law({ reacting: true }, (script) => {
      const turnedAway = entriesOf(play(script), 'turned away');
      expect(codesOf(turnedAway).every((code) => code === 'queue_timeout')).toBe(true);
      expect(turnedAway.every(({ waitedMs }) => waitedMs === script.options.queueTimeoutMs)).toBe(true);
    });
  });

  it('lets no job wait longer than that', () => {
    law({ reacting: true, queueTimeoutMs: fc.integer({ min: 1, max: 1000 }) }, (script) => {
      play(script, ({ scheduler }) => {
        for (const { waitedMs } of scheduler.entries()) expect(waitedMs).toBeLessThan(script.options.queueTimeoutMs);
      });
    });
  });

  it('turns no job away if the wait is unlimited', () => {
    law({ reacting: true, queueTimeoutMs: fc.constant(0) }, (script) => {
      expect(entriesOf(play(script), 'turned away')).toEqual([]);
    });
  });

  it('turns jobs away in the order of their admission', () => {
    law({ ...anyLife, queueTimeoutMs: fc.integer({ min: 1, max: 1000 }) }, (script) => {
      for (const { id, waiting } of entriesOf(play(script), 'turned away')) expect(id).toBe(waiting[0]);
    });
  });

  it('has at most one timer, and none when no job waits', () => {
    law({ reacting: true, queueTimeoutMs: fc.integer({ min: 1, max: 1000 }) }, (script) => {
      play(script, ({ clock, now: { waiting } }) => {
        expect(clock.pending).toBe(waiting.length === 0 ? 0 : 1);
      });
    });
  });

  it('knows the position of every waiting job and how long it has waited', () => {
    law(anyLife, (script) => {
      play(script, (stage) => {
        const expected = stage.now.waiting.map((id, index) => ({
          job: stage.jobOf(id),
          position: index + 1,
          waitedMs: stage.clock.now() - admittedAt(stage, id),
        }));
        expect([...stage.scheduler.entries()]).toMatchObject(expected);
      });
    });
  });

  it('gives the same view of one job alone as in the list', () => {
    law(anyLife, (script) => {
      const stage = play(script);
      const { scheduler, now } = stage;
      const together = [...scheduler.entries()].map(({ position, etaMs }) => ({ position, etaMs }));
      expect(now.waiting.map((id) => scheduler.view(stage.jobOf(id)))).toEqual(together);
      for (const id of now.running) expect(scheduler.view(stage.jobOf(id))).toBeUndefined();
    });
  });

  it('expects a job to start after as many releases as its position, at the measured pace', () => {
    law(anyLife, (script) => {
      play(script, ({ scheduler, history, now }) => {
        const { releases, windowMs } = lastReleases(history, now);
        for (const { position, etaMs } of scheduler.entries()) {
          if (releases === 0) expect(etaMs).toBeNull();
          else expect(etaMs).toBeCloseTo((position * windowMs) / releases, 6);
        }
      });
    });
  });

  it('asks to try again in (waiting + 1) / (measured releases per second), rounded up, 1 to 60 s', () => {
    law({ ...anyLife, slow: true }, (script) => {
      play(script, ({ scheduler, history, now }) => {
        expect(scheduler.retryAfterSeconds()).toBe(secondsToTryAgain(history, now, now.waiting.length));
      });
    });
  });

  it('gives that time to every job that it refuses or turns away, not counting the job itself', () => {
    law({ ...anyLife, slow: true }, (script) => {
      const { history } = play(script);
      history.forEach((entry, index) => {
        if (!('error' in entry)) return;
        const others = entry.waiting.length - (entry.type === 'turned away' ? 1 : 0);
        expect(entry.error.retryAfterSeconds).toBe(secondsToTryAgain(history.slice(0, index), entry, others));
      });
    });
  });
});

function admittedAt(stage: Stage, id: string): number {
  return entriesOf(stage, 'admitted').find((entry) => entry.id === id)?.atMs ?? NaN;
}

/** In whole numbers up to the last division, so that the rounding up is exact. */
function secondsToTryAgain(history: readonly Entry[], now: Moment, waiting: number): number {
  const { releases, windowMs } = lastReleases(history, now);
  const seconds = Math.ceil(((waiting + 1) * windowMs) / (Math.max(1, releases) * 1000));
  return Math.min(60, Math.max(1, seconds));
}

/**
 * The last 64 releases and the busy time since the one before them, counted from the whole history. Before the first
 * release, the time in which it has not come.
 */
function lastReleases(history: readonly Entry[], now: Moment): { releases: number; windowMs: number } {
  let busyMs = 0;
  let sinceMs = 0;
  const stamps: number[] = [];
  for (const { type, running, atMs } of [...history, { type: 'now', ...now }]) {
    if (running.length > 0) busyMs += atMs - sinceMs;
    sinceMs = atMs;
    if (type === 'released') stamps.push(busyMs);
  }
  if (stamps.length === 0) return { releases: 0, windowMs: busyMs };
  const windowMs = Math.max(1, busyMs - (stamps.at(-65) ?? 0));
  return { releases: Math.min(64, stamps.length), windowMs };
}
