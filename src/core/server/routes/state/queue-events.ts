import { type QueueFeeds, viewerName } from '../../console/queue-feeds.js';
import { onResponseEnd } from '../../http/connections/open-answers.js';
import type { App, LineContext } from '../../http/context.js';
import { checkRole, viewerOf } from '../../http/keys/roles.js';
import { takeOver } from '../../http/take-over.js';
import { endlessEvents, errors } from '../../schemas/openapi.js';
import { EventStream } from '../../streaming/event-stream.js';

const path = '/v1/queue/events';

/** The queues as they change. Users see their own requests, and the counts of all. */
export function queueEventRoutes(app: App, { options, clock, keys }: LineContext, feeds: QueueFeeds): void {
  const schema = {
    summary: 'Running and waiting requests as they change',
    tags: ['queue'],
    response: {
      200: endlessEvents(
        'Both queues in an `event: snapshot`, then at most five times a second what has changed in an `event: change`; for users, their own requests, once a second. A client that reads too slowly gets another snapshot.',
        'QueueSnapshot',
        'QueueChange',
      ),
      ...errors(401, 403),
    },
  };
  app.get(path, { schema, exposeHeadRoute: false }, (request, reply) => {
    const { raw } = request;
    const viewer = viewerOf(keys, raw);
    const leave = feeds.add(viewer, {
      open: (takeHeld) =>
        new EventStream(
          reply.raw,
          {
            writeTimeoutMs: options.writeTimeoutMs,
            clock,
            onBegin: () => {
              takeOver(reply);
            },
            onFailedBeforeBegin: () => undefined,
            onEnd: () => undefined,
          },
          takeHeld,
        ),
      mayStay: () => {
        try {
          keys.check(raw, () => request.ip);
          checkRole(keys, raw, 'GET', path);
          return viewerName(viewerOf(keys, raw)) === viewerName(viewer);
        } catch {
          // The reason does not matter, because the client is told when it asks again.
          return false;
        }
      },
    });
    onResponseEnd(raw, reply.raw, leave);
  });
}
