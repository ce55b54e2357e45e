import { setImmediate as nextIteration } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { ChatstreamError } from '../../base/errors.js';
import { hasManyNames, jsonSize } from '../../base/json.js';
import { TurnsByOwner } from '../../base/turns-by-owner.js';
import type { App } from './context.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Whether the route takes its bodies as text, because they are passed on. The route then checks their contents
     * itself.
     */
    readonly keepsText?: boolean;
  }
}

/** Number of characters from which on a body waits for its turn. */
const longBody = 65_536;

/** Levels of objects and lists. The values of parameters may have 256; of a million, reading alone would take 0.1 s. */
const deepest = 1024;

/**
 * Objects and lists that a body may have in any case, and for how many bytes of the longest body it may have one more. A
 * conversation has one for each 50 bytes or more; 350,000 of them in a megabyte would take 0.1 s.
 */
const manyContainers = 50_000;
const bytesPerContainer = 20;

/**
 * The same for different names of members. Tools have some thousands at most; a megabyte has room for 116,000, which take 0.1 s to
 * be read, and more to be checked and sent on.
 */
const manyNames = 20_000;
const bytesPerName = 50;

/** The result for a body that is too short to exceed a limit. */
const none = { levels: 0, containers: 0, members: 0 };

/**
 * What is wrong with a body that would take this server too long, whatever its contents.
 *
 * @param maxBodyBytes the length of the longest body
 * @returns a function that checks the text of a body; null for a body that is fine
 */
function bodyCheck(maxBodyBytes: number): (body: string) => ChatstreamError | null {
  const containers = Math.max(manyContainers, Math.floor(maxBodyBytes / bytesPerContainer));
  const names = Math.max(manyNames, Math.floor(maxBodyBytes / bytesPerName));
  const most = { levels: deepest, containers, members: Infinity };
  return (body) => {
    const size = body.length > deepest ? jsonSize(body, most) : none;
    if (size.levels > most.levels) return nestedError();
    if (size.containers > most.containers) return crowdedError(most.containers);
    return size.members > names && hasManyNames(body, names) ? namesError(names) : null;
  };
}

/**
 * Reads bodies as JSON. A long one takes up to 0.1 s with all that follows, in which nothing else would happen. So it is read in one
 * iteration of the event loop, checked in the next one and handled in a third, one body after the other. Answers continue in between,
 * and clients take turns.
 *
 * @param maxBodyBytes the length of the longest body
 * @param ownerOf whose turn the body of a request takes
 */
export function readJsonBodies(
  app: App,
  maxBodyBytes: number,
  ownerOf: (request: Pick<FastifyRequest, 'ip' | 'raw'>) => string,
): void {
  const problemOf = bodyCheck(maxBodyBytes);
  // A JSON schema may have a property called __proto__. JSON.parse makes it a property like any other, and nothing here
  // copies what a client sent by assignment, which alone would make it a prototype.
  const parseJson = app.getDefaultJsonParser('ignore', 'ignore');
  const turns = new TurnsByOwner({ atOnce: 1 });
  /** Requests that are being checked, and how to continue those that pass. */
  const long = new WeakSet<FastifyRequest>();
  const checked = new WeakMap<FastifyRequest, () => void>();
  app.addHook('preHandler', (request, _, done) => {
    if (long.has(request)) checked.set(request, done);
    else done();
  });
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    const read = (then: typeof done): void => {
      const problem = problemOf(body);
      if (problem !== null) then(problem);
      else if (request.routeOptions.config.keepsText === true) then(null, body);
      // OpenAI's Python client declares JSON even if it sends no body. Where a body is needed, the route's schema says
      // so.
      else if (body === '') then(null, null);
      else void parseJson(request, body, then);
    };
    if (body.length < longBody) read(done);
    else {
      void turns.take(ownerOf(request), async () => {
        await nextIteration();
        const result = await new Promise<Parameters<typeof done>>((resolve) => {
          read((...given) => {
            resolve(given);
          });
        });
        await nextIteration();
        long.add(request);
        done(...result);
        long.delete(request);
        const handle = checked.get(request);
        if (handle === undefined) return;
        await nextIteration();
        handle();
      });
    }
  });
}

function nestedError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The request body is nested too deeply.', {
    hint: `At most ${deepest} levels of objects and lists are supported.`,
  });
}

function crowdedError(most: number): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The request body has too many objects and lists.', {
    hint: `At most ${most} are supported, one for each ${bytesPerContainer} bytes of --max-body. Send shorter lists.`,
  });
}

function namesError(most: number): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The request body has too many different names of members.', {
    hint: `At most ${most} are supported, one for each ${bytesPerName} bytes of --max-body. Send values in lists, or as text.`,
  });
}
