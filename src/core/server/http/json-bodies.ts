import type { FastifyRequest } from 'fastify';
import { ChatstreamError } from '../../base/errors.js';
import { isNestedDeeper } from '../../base/json.js';
import { TurnsByOwner } from '../../base/turns-by-owner.js';
import type { App } from './context.js';

/** Characters from which on a body waits for its turn. */
const longBody = 65_536;

/** Levels of objects and lists. The values of parameters may have 256; of a million, reading alone would take 0.1 s. */
const deepest = 1024;

/**
 * Reads bodies as JSON. A long one takes up to 0.1 s with all that follows at once, in which nothing else happens. So these
 * are read one in each iteration of the event loop, in which answers go on as well, and clients take turns.
 *
 * @param ownerOf whose turn the body of a request takes
 */
export function readJsonBodies(app: App, ownerOf: (request: Pick<FastifyRequest, 'ip' | 'raw'>) => string): void {
  // A JSON schema may have a property called __proto__. JSON.parse makes it a property like any other, and nothing here
  // copies what a client sent by assignment, which alone would make it a prototype.
  const parseJson = app.getDefaultJsonParser('ignore', 'ignore');
  const turns = new TurnsByOwner({ atOnce: 1 });
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    const read = (): void => {
      // OpenAI's Python client declares JSON also where it sends no body. Where one is needed, the route's schema says so.
      if (body === '') done(null, null);
      else if (body.length > deepest && isNestedDeeper(body, deepest)) done(nestedError());
      else void parseJson(request, body, done);
    };
    if (body.length < longBody) read();
    else void turns.take(ownerOf(request), () => inNextIteration(read));
  });
}

function inNextIteration(work: () => void): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      try {
        work();
      } finally {
        resolve();
      }
    });
  });
}

function nestedError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The request body is nested too deeply.', {
    hint: `At most ${deepest} levels of objects and lists are supported.`,
  });
}
