import { messageOf } from '../base/errors.js';
import type { Bucket } from './bucket.js';
import type { Bus, BusFault } from './bus.js';

/**
 * A bus on which no error goes further than the message that it is about: neither into the reader of the connection, which would
 * end with it and leave the process deaf, nor into the timer that sends, which would end the process.
 *
 * @param onFault hears of the first one of each subject: what fails once a second should not fill the log
 */
export function guardedBus(bus: Bus, onFault: (fault: BusFault) => void): Bus {
  const told = new Set<string>();
  const tell = (what: string, key: string, error: unknown): void => {
    if (told.has(key)) return;
    told.add(key);
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
