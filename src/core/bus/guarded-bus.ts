import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { Bucket } from './bucket.js';
import type { Bus, BusFault } from './bus.js';

/** How long a fault of the same subject is not reported again, in milliseconds. */
export const quietMs = 10 * 60_000;

/** Subjects whose faults are remembered. */
const mostTold = 1000;

/**
 * A bus on which no error goes further than the message that it is about. It reaches neither the reader of the
 * connection, which would end and leave the process deaf, nor the timer that sends, which would end the process.
 *
 * @param onFault called for each subject once in ten minutes, and for at most 1000 subjects in that time, so that
 *   something that fails once a second does not fill the log
 */
export function guardedBus(bus: Bus, clock: Clock, onFault: (fault: BusFault) => void): Bus {
  /** When a fault of each subject was reported, the oldest first. */
  const told = new Map<string, number>();
  const tell = (what: string, key: string, error: unknown): void => {
    const nowMs = clock.now();
    for (const [oldest, toldMs] of told) {
      if (nowMs - toldMs < quietMs) break;
      told.delete(oldest);
    }
    if (told.has(key) || told.size === mostTold) return;
    told.set(key, nowMs);
    onFault({ message: `${what}: ${messageOf(error)}`, error });
  };
  const guard = (what: () => string, key: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      tell(what(), key, error);
    }
  };
  return {
    get maxPayloadBytes() {
      return bus.maxPayloadBytes;
    },
    publish: (subject, data) => {
      const what = (): string => `A message of ${data.length} bytes to ${subject} could not be sent`;
      guard(what, `send ${subject}`, () => {
        bus.publish(subject, data);
      });
    },
    subscribe: (subject, onMessage) =>
      bus.subscribe(subject, ({ data, reply }) => {
        const answer = (answered: Uint8Array): void => {
          const what = (): string => `An answer of ${answered.length} bytes to ${subject} could not be sent`;
          guard(what, `answer ${subject}`, () => {
            reply(answered);
          });
        };
        const what = (): string => `A message of ${data.length} bytes to ${subject} could not be taken`;
        guard(what, `take ${subject}`, () => {
          onMessage({ data, reply: answer });
        });
      }),
    request: async (subject, data, timeoutMs) => {
      try {
        return await bus.request(subject, data, timeoutMs);
      } catch (error) {
        tell(`A question of ${data.length} bytes to ${subject} could not be sent`, `ask ${subject}`, error);
        return null;
      }
    },
    bucket: async (name, options) =>
      watchedWithCare(await bus.bucket(name, options), (work) => {
        guard(() => `A change in the bucket ${name} could not be taken`, `bucket ${name}`, work);
      }),
    onStatus: bus.onStatus,
    close: () => bus.close(),
  };
}

function watchedWithCare(bucket: Bucket, guard: (work: () => void) => void): Bucket {
  return {
    get maxValueBytes() {
      return bucket.maxValueBytes;
    },
    get: (key) => bucket.get(key),
    list: (selection) => bucket.list(selection),
    put: (key, value) => bucket.put(key, value),
    create: (key, value) => bucket.create(key, value),
    update: (key, value, revision) => bucket.update(key, value, revision),
    remove: (key, revision) => bucket.remove(key, revision),
    watch: (selection, onEvent) =>
      bucket.watch(selection, (event) => {
        guard(() => {
          onEvent(event);
        });
      }),
  };
}
