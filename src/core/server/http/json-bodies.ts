import type { ServerResponse } from 'node:http';
import { setImmediate as nextIteration } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { ChatstreamError } from '../../base/errors.js';
import { hasManyNames, hasManyShortStrings, jsonSize } from '../../base/json.js';
import { invalidJsonError } from '../../base/refusals/refusals.js';
import { TurnsByOwner } from '../../base/turns-by-owner.js';
import type { BodyMemory } from './connections/body-memory.js';
import { giveUpBody } from './connections/body-watch.js';
import { onResponseEnd } from './connections/open-answers.js';
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

/**
 * The same for different strings of up to ten characters, which take longer to be parsed than anything else: 30,000 take some 10 ms. A
 * schema that is not too complex has fewer, and a conversation has one or two for each message.
 */
const manyShortStrings = 30_000;
const bytesPerShortString = 30;

/** Of a body that is too short to exceed a limit. */
const none = { levels: 0, containers: 0, members: 0, strings: 0 };

/**
 * What is wrong with a body that would take this server too long, whatever its contents.
 *
 * @param maxBodyBytes the length of the longest body
 * @returns a function that checks the text of a body; null for a body that is fine
 */
function bodyCheck(maxBodyBytes: number): (body: string) => ChatstreamError | null {
  const containers = Math.max(manyContainers, Math.floor(maxBodyBytes / bytesPerContainer));
  const names = Math.max(manyNames, Math.floor(maxBodyBytes / bytesPerName));
  const strings = Math.max(manyShortStrings, Math.floor(maxBodyBytes / bytesPerShortString));
  const most = { levels: deepest, containers, members: Infinity, strings: Infinity };
  return (body) => {
    const size = body.length > deepest ? jsonSize(body, most) : none;
    if (size.levels > most.levels) return nestedError();
    if (size.containers > most.containers) return crowdedError(most.containers);
    if (size.members > names && hasManyNames(body, names)) return namesError(names);
    return size.strings > strings && hasManyShortStrings(body, strings) ? stringsError(strings) : null;
  };
}

/**
 * Reads bodies as JSON. A long one takes up to 0.1 s with all that follows, in which nothing else would happen. So in one iteration of
 * the event loop its text is looked through, in the next one it is parsed, then checked, and then handled, one body after the other.
 * Answers continue in between, and clients take turns. A body whose client has left while it waits is dropped.
 *
 * @param maxBodyBytes the length of the longest body
 * @param memory for bodies until they are read
 * @param ownerOf whose body it is, and whose turn it takes
 */
export function readJsonBodies(
  app: App,
  { maxBodyBytes, memory }: { readonly maxBodyBytes: number; readonly memory: BodyMemory },
  ownerOf: (request: Pick<FastifyRequest, 'ip' | 'raw'>) => string,
): void {
  const problemOf = bodyCheck(maxBodyBytes);
  holdBodies(app, memory, ownerOf);
  const turns = new TurnsByOwner({ atOnce: 1 });
  /** Requests that are being checked, and how to continue those that pass. */
  const long = new WeakSet<FastifyRequest>();
  const checked = new WeakMap<FastifyRequest, () => void>();
  const responses = new WeakMap<FastifyRequest, ServerResponse>();
  app.addHook('onRequest', (request, { raw }, done) => {
    responses.set(request, raw);
    done();
  });
  app.addHook('preHandler', (request, _, done) => {
    if (long.has(request)) checked.set(request, done);
    else done();
  });
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, sent: string, done) => {
    const body = withoutMark(sent);
    const read = (problem: ChatstreamError | null, then: typeof done): void => {
      if (problem !== null) then(problem);
      else if (request.routeOptions.config.keepsText === true) then(null, body);
      // OpenAI's Python client declares JSON even if it sends no body. Where a body is needed, the route's schema says
      // so.
      else if (body === '') then(null, null);
      else parseJson(body, then);
    };
    if (body.length < longBody) {
      memory.leave(request.raw);
      read(problemOf(body), done);
    } else {
      const leaving = leavingOf(responses.get(request));
      memory.wait(request.raw, leaving.drop);
      const whenTurn = async (): Promise<void> => {
        leaving.release();
        memory.leave(request.raw);
        await nextIteration();
        const problem = problemOf(body);
        await nextIteration();
        const result = await new Promise<Parameters<typeof done>>((resolve) => {
          read(problem, (...given) => {
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
      };
      turns.take(ownerOf(request), whenTurn, leaving.signal).catch((error: unknown) => {
        if (error instanceof Left) done(new ChatstreamError('cancelled', 'The client has left.'));
        else if (error instanceof ChatstreamError) done(error);
        else throw error;
      });
    }
  });
}

/**
 * What a piece of a body takes besides its bytes until it is complete. A client may send each byte as a chunk of its own: a megabyte
 * of them took 390 MB.
 */
const bytesPerPiece = 400;

/** Counts what bodies take from their first byte until they are read, or their request is over. */
function holdBodies(
  app: App,
  memory: BodyMemory,
  ownerOf: (request: Pick<FastifyRequest, 'ip' | 'raw'>) => string,
): void {
  app.addHook('preParsing', (request, { raw: response }, payload, done) => {
    const { raw } = request;
    const { 'content-length': length, 'transfer-encoding': coding } = raw.headers;
    if (length !== undefined || coding !== undefined) {
      memory.begin(raw, ownerOf(request), (error) => {
        giveUpBody(raw, response, error);
      });
      // Fastify reads it in this turn, too, so that both get all of it.
      payload.on('data', (chunk: Buffer) => {
        // The rest of a body that was refused is dropped.
        if (!response.headersSent) memory.grow(raw, chunk.length + bytesPerPiece);
      });
      onResponseEnd(raw, response, () => {
        memory.leave(raw);
      });
    }
    done(null, payload);
  });
}

/** Some programs on Windows begin a text with a byte order mark. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/**
 * A JSON schema may have a property called __proto__. JSON.parse makes it a property like any other, and nothing here copies
 * what a client sent by assignment, which alone would make it a prototype.
 */
function parseJson(body: string, done: (error: Error | null, value?: unknown) => void): void {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    done(invalidJsonError(error));
    return;
  }
  done(null, value);
}

/** A client has left before its body could be read. */
class Left extends Error {}

interface Leaving {
  /** Aborted when the client leaves, or the body is dropped, before `release` is called. */
  readonly signal: AbortSignal;
  readonly release: () => void;
  /** @param error to answer the client with */
  readonly drop: (error: ChatstreamError) => void;
}

function leavingOf(response: ServerResponse | undefined): Leaving {
  const leaving = new AbortController();
  const onClose = (): void => {
    leaving.abort(new Left());
  };
  response?.once('close', onClose);
  if (response?.destroyed === true) onClose();
  return {
    signal: leaving.signal,
    release: () => {
      response?.off('close', onClose);
    },
    drop: (error) => {
      leaving.abort(error);
    },
  };
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

function stringsError(most: number): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The request body has too many different strings.', {
    hint: `At most ${most} of up to ten characters are supported, one for each ${bytesPerShortString} bytes of --max-body.`,
  });
}
