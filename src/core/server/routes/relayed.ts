import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChatstreamError } from '../../base/errors.js';
import { executorHeader } from '../../base/executor-header.js';
import type { AdmittedRequest } from '../../inference/request.js';
import type { RelayListener, RelayRequest } from '../../relay/jobs/relay-request.js';
import { namesOf } from '../../relay/offered-models.js';
import { lowerOf } from '../../scheduler/jobs/traffic-class.js';
import type { App, RelayContext } from '../http/context.js';
import { earliestDeadline } from '../http/deadline-header.js';
import {
  aboutAllowedModels,
  allowedModel,
  eachItsOwn,
  modelsByKey,
  refuseSecondModel,
} from '../http/keys/allowed-models.js';
import { pathOf } from '../http/route-paths.js';
import { type HideNames, hidingNames, withoutNames, withoutNamesInError } from '../protocol/relayed/hidden-names.js';
import { StreamWithoutNames } from '../protocol/relayed/hidden-names-in-streams.js';
import { withoutOtherModels } from '../protocol/relayed/not-found.js';
import { relayedFailure, relayedRefusal, responsesPath } from '../protocol/relayed/relayed-failure.js';
import { readRelayed, type RelayedBodyFacts } from '../protocol/relayed/relayed-requests.js';
import { EventNumbers } from '../protocol/responses/event-numbers.js';
import { errors } from '../schemas/openapi.js';
import { RelayedBody, RelayedStream } from '../streaming/relayed-answer.js';
import { Delivery } from './delivery.js';
import { generationStatuses, sendLimits } from './generation.js';

/** What is passed on. */
const paths = ['/v1/chat/completions', '/v1/completions', responsesPath, '/v1/messages', '/v1/embeddings'] as const;

/** Where chatstream servers can continue with answers of each other. */
const resumablePaths: ReadonlySet<string> = new Set(paths.filter((path) => path !== '/v1/embeddings'));

/** Requests that other servers answer: they wait here, and are passed on as they came. */
export function relayRoutes(app: App, context: RelayContext): void {
  const schema = {
    summary: 'Pass on to an upstream server',
    tags: ['generation'],
    description: 'The body and the answer are those of the upstream server.',
    response: errors(...generationStatuses, 502),
  };
  for (const path of paths) {
    app.post(path, { schema, config: { keepsText: true } }, (request, reply) => relayed(context, request, reply));
  }
}

type Submit = (listener: RelayListener) => Promise<AdmittedRequest>;

async function relayed(context: RelayContext, http: FastifyRequest, reply: FastifyReply): Promise<object | undefined> {
  if (typeof http.body !== 'string') throw noBodyError();
  const { includeQueue, ...facts } = readRelayed(http.body, http.headers, context.options.defaultMaxTokens);
  const key = context.keys.of(http.raw);
  if (key.models !== undefined) refuseSecondModel(http.body);
  const names = (): readonly string[] => namesOf(context.relay.executors, context.options.aliases);
  const model = key.models === undefined ? facts.model : allowedModel(key, facts.model, names(), eachItsOwn);
  const request = requestOf(context, http, facts, model);
  reply.log.debug({ id: request.id }, 'request received');
  const delivery = new Delivery(context, reply);
  const hiding = (): HideNames => hidingNames(modelsByKey(key, names(), context.relay.executors));
  const submitNow = (listener: RelayListener): AdmittedRequest => {
    try {
      const heard = key.models === undefined ? listener : forHeldKey(listener, model ?? '', hiding);
      return context.relay.submit(request, heard, delivery.client);
    } catch (error) {
      throw aboutAllowedModels(error, key, model, names(), eachItsOwn);
    } finally {
      // Before anything is written.
      sendLimits(context, reply);
    }
  };
  // Errors that it throws are its promise's.
  const submit: Submit = async (listener) => await Promise.resolve(submitNow(listener));
  if (!facts.isStream) return wholeAnswer(delivery, reply, submit);
  return streamedAnswer(delivery, reply, { path: request.path, includeQueue }, submit);
}

/** @param model the one that the key allows; null if none is named */
function requestOf(
  { keys }: RelayContext,
  http: FastifyRequest,
  { isStream, deadlineMs, trafficClass, ...facts }: Omit<RelayedBodyFacts, 'includeQueue'>,
  model: string | null,
): RelayRequest {
  const key = keys.of(http.raw);
  const path = pathOf(http.url);
  return {
    ...facts,
    // A key that may not use all models does not get an upstream's own default.
    ...(model !== null && model !== facts.model && { model, body: facts.bodyFor(model) }),
    id: `relay-${randomUUID()}`,
    path,
    isResumable: isStream && resumablePaths.has(path),
    isWhole: !isStream,
    headers: { ...facts.headers, 'x-request-id': http.id },
    requestId: http.id,
    ...earliestDeadline(deadlineMs, http.headers),
    ...keys.ownerOf(http.raw),
    trafficClass: lowerOf(key.trafficClass, trafficClass ?? key.trafficClass),
    // Nothing is generated.
    ...(path === '/v1/embeddings' && { maxTokens: 1, minTokens: 0 }),
  };
}

function wholeAnswer(delivery: Delivery, reply: FastifyReply, submit: Submit): Promise<object> {
  return delivery.whole(({ onEnd, onFailed }) =>
    submit(
      new RelayedBody(({ status, headers, body }, executor) => {
        reply.code(status).headers({ ...headers, [executorHeader]: executor });
        onEnd(body);
      }, onFailed),
    ),
  );
}

function streamedAnswer(
  delivery: Delivery,
  reply: FastifyReply,
  { path, includeQueue }: { readonly path: string; readonly includeQueue: boolean },
  submit: Submit,
): Promise<undefined> {
  const requestId = reply.request.id;
  const numbers = path === responsesPath ? new EventNumbers() : null;
  return delivery.streamed(includeQueue, (streamOptions) => {
    const answer = new RelayedStream(reply.raw, {
      ...streamOptions,
      onExecutor: (executor) => {
        reply.header(executorHeader, executor);
      },
      onWhole: ({ status, headers, body }) => {
        void reply.code(status).headers(headers).send(body);
        streamOptions.onEnd();
      },
      ...(numbers !== null && {
        onData: (chunk) => {
          numbers.note(chunk);
        },
      }),
      failure: (error) => relayedFailure(error, path, requestId, numbers?.next ?? 0),
      refusal: ({ body }) => relayedRefusal(body, path, requestId, numbers?.next ?? 0),
    });
    return {
      stream: answer.stream,
      submit: () => submit(answer),
      refused: (error) => {
        answer.failed(error);
      },
    };
  });
}

/** Passes on all but errors that are about models which the key may not use, and all others without the names of these. */
function forHeldKey(listener: RelayListener, wanted: string, hiding: () => HideNames): RelayListener {
  const stream = new StreamWithoutNames(hiding);
  const pass = (events: Buffer): void => {
    if (events.length > 0) listener.data(events);
  };
  return {
    started: () => {
      listener.started();
    },
    whole: (answer, executor) => {
      const error = withoutOtherModels(answer, wanted);
      const shown = answer.status < 400 ? withoutNamesInError : withoutNames;
      if (error !== null) listener.failed(error);
      else listener.whole({ ...answer, body: shown(answer.body, hiding()) }, executor);
    },
    begun: (executor) => {
      listener.begun(executor);
    },
    data: (chunk) => {
      pass(stream.push(chunk));
    },
    ended: () => {
      pass(stream.takeRest());
      listener.ended();
    },
    failed: (error) => {
      listener.failed(error);
    },
  };
}

function noBodyError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The body is missing.', { hint: 'Send one JSON object.' });
}
