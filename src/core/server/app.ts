import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify, LogController } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Logger as PinoLogger } from 'pino';
import type { App } from './http/app-type.js';
import { Authenticator } from './http/auth.js';
import type { ServerContext } from './http/context.js';
import { notFound, sendError, toChatstreamError } from './http/error-handler.js';
import { OpenAnswers } from './http/open-answers.js';
import { answerUnreadable } from './http/unreadable.js';
import { chatCompletionRoutes } from './routes/chat-completions.js';
import { completionRoutes } from './routes/completions.js';
import { healthPaths, healthRoutes } from './routes/health.js';
import { modelRoutes } from './routes/models.js';
import { observationRoutes } from './routes/observation.js';
import { queueRoutes } from './routes/queue.js';
import { tokenRoutes } from './routes/tokens.js';
import { namedSchemas } from './schemas/responses.js';

const wellFormedRequestId = /^[\w.:-]{1,128}$/;

/** The HTTP server with all its routes, not listening yet. */
export async function createApp(context: ServerContext, logger: PinoLogger, version: string): Promise<App> {
  const { options } = context;
  const app: App = fastify({
    loggerInstance: logger,
    // Requests are logged when they settle, with their timings, not when HTTP is done with them.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.maxBodyBytes,
    // See the hook before closing, which does it when all answers have arrived.
    forceCloseConnections: false,
    // Closing waits for slow readers, and whoever closes sets the limit; Fastify would give up after ten seconds.
    pluginTimeout: 0,
    // The queue says itself that it is draining, in OpenAI's shape and with a Retry-After.
    return503OnClosing: false,
    // A model is named after its file, and a file's name may be longer than the 100 characters that Fastify takes.
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (thrown, request, reply) => {
      reply.header('x-request-id', request.id);
      sendError(toChatstreamError(thrown, request), reply);
    },
    clientErrorHandler: answerUnreadable,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    // Fastify's defaults would turn "1" into 1 and drop what it does not know; a client should hear of its mistakes.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();

  // Each request watches its connection, and with pipelining there may be many of them: no leak.
  app.server.on('connection', (socket) => socket.setMaxListeners(0));
  const answers = new OpenAnswers(app.server);
  app.addHook('preClose', async () => {
    await answers.delivered();
    // Those left have nothing to wait for, and some would keep the server alive: Node does not take a connection on which
    // nothing was ever sent, as browsers open them beforehand, for an idle one.
    app.server.closeAllConnections();
  });
  // Fastify would take any body that is declared as plain text for a string.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  if (options.corsOrigins.length > 0) {
    const origin = options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins];
    await app.register(cors, {
      origin,
      methods: ['GET', 'POST', 'PATCH'],
      exposedHeaders: ['x-request-id', 'retry-after'],
    });
  }
  // Response schemas are for the document alone: what the routes return is sent as it is.
  app.setSerializerCompiler(() => JSON.stringify);
  for (const schema of namedSchemas) app.addSchema(schema);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'chatstream', version } },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) => (typeof $id === 'string' ? $id : `schema-${index}`),
    },
  });
  const authenticator = new Authenticator(options.apiKeys);
  app.addHook('onRequest', (request, _reply, done) => {
    if (!healthPaths.has(request.routeOptions.url ?? '')) authenticator.check(request.headers.authorization);
    done();
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = toChatstreamError(thrown, request);
    const fields = { code: error.code, error: error.message, method: request.method, url: request.url };
    if (error.code === 'internal') request.log.error({ ...fields, err: error.cause }, 'request failed');
    else request.log.debug(fields, 'request refused');
    sendError(error, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    sendError(notFound(request), reply);
  });

  for (const routes of [
    chatCompletionRoutes,
    completionRoutes,
    modelRoutes,
    tokenRoutes,
    queueRoutes,
    healthRoutes,
    observationRoutes,
  ]) {
    routes(app, context);
  }
  return app;
}

function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && wellFormedRequestId.test(given) ? given : randomUUID();
}
