import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify, LogController } from 'fastify';
import type { Logger as PinoLogger } from 'pino';
import { executorHeader } from '../base/executor-header.js';
import { compressedError, tooManyConnectionsError } from '../base/refusals.js';
import { QueueFeeds } from './console/queue-feeds.js';
import { BodyWatch } from './http/body-watch.js';
import { clientWithoutKey } from './http/client-address.js';
import type { App, LineContext, RelayContext, ServerContext } from './http/context.js';
import { answerUnreadable, refuseConnection, sendError, sendNotFound, toChatstreamError } from './http/errors.js';
import { readJsonBodies } from './http/json-bodies.js';
import { limitHeaderNames } from './http/limit-headers.js';
import { OpenAnswers } from './http/open-answers.js';
import { OpenConnections } from './http/open-connections.js';
import { requestId, sendRequestId } from './http/request-id.js';
import { checkRole } from './http/roles.js';
import { pathOf, RoutePaths } from './http/route-paths.js';
import { LazyValidators } from './http/validation.js';
import { cutOffSlowReaders } from './http/write-timeout.js';
import { completionRoutes } from './routes/completions.js';
import { consoleRoutes, pagePaths } from './routes/console.js';
import { embeddingRoutes } from './routes/embeddings.js';
import { loadReportPath, loadTestRoutes } from './routes/load-tests.js';
import { messagesRoutes } from './routes/messages.js';
import { modelRoutes } from './routes/models.js';
import { healthPaths, healthRoutes, observationRoutes } from './routes/observation.js';
import { queueRoutes } from './routes/queue.js';
import { queueEventRoutes } from './routes/queue-events.js';
import { relayRoutes } from './routes/relayed.js';
import { resourceRoutes } from './routes/resources.js';
import { responseRoutes } from './routes/responses.js';
import { tokenRoutes } from './routes/tokens.js';
import { upstreamRoutes } from './routes/upstreams.js';
import { usageRoutes } from './routes/usage.js';
import { namedSchemas } from './schemas/openapi.js';

/**
 * How long the headers of a request may take, and the first byte of a new connection; and how often that is checked. In
 * milliseconds.
 */
const headersTimeout = 30_000;
const connectionsCheckingInterval = 5000;

/** What browsers open, without a key. */
const keylessPaths: ReadonlySet<string> = new Set([...pagePaths, loadReportPath]);

/** The HTTP server with all its routes, not listening yet. */
export async function createApp(context: ServerContext | RelayContext, logger: PinoLogger): Promise<App> {
  const { options, keys, version } = context;
  const paths = new RoutePaths();
  const app: App = fastify({
    // Fastify's own lines below a warning would mislead: it says "Server listening" long before the model is loaded.
    loggerInstance: logger.child({}, { level: logger.isLevelEnabled('info') ? 'warn' : logger.level }),
    childLoggerFactory: (_fastifyLogger, bindings, childOptions) => logger.child(bindings, childOptions),
    // Requests are logged when they settle, with their timings, and not when their HTTP exchange ends.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.maxBodyBytes,
    trustProxy: options.trustedProxies.length > 0 && [...options.trustedProxies],
    // The preClose hook closes connections once all answers have been delivered.
    forceCloseConnections: false,
    // Closing waits for slow readers, for as long as the caller allows; Fastify would give up after ten seconds.
    pluginTimeout: 0,
    // The queue itself answers that it is draining, in OpenAI's shape and with a Retry-After header.
    return503OnClosing: false,
    // A model is named after its file, and a file's name may be longer than Fastify's default of 100 characters.
    routerOptions: { maxParamLength: 1024 },
    rewriteUrl: ({ url = '/' }) => paths.canonical(url),
    http: { headersTimeout, connectionsCheckingInterval },
    frameworkErrors: (error, request, reply) => {
      sendRequestId(request, reply);
      sendError(toChatstreamError(error, request), reply);
    },
    clientErrorHandler: answerUnreadable,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.addHook('onRoute', ({ url, method }) => {
    paths.add(url, [method].flat());
  });
  // Each request listens on its connection. With pipelining there may be many of them, which is not a leak.
  app.server.on('connection', (socket) => socket.setMaxListeners(0));
  const connections = watchConnections(app, context);
  cutOffSlowReaders(app, options.writeTimeoutMs);
  const answers = new OpenAnswers(app.server);
  const feeds = new QueueFeeds(context.line, context.totals, context.clock);
  app.addHook('preClose', async () => {
    feeds.end();
    await context.operations?.loadTests.close();
    await answers.delivered();
    // The remaining connections wait for nothing, and some would keep the server alive: browsers open connections in
    // advance, and Node does not count a connection on which nothing was ever sent as idle.
    app.server.closeAllConnections();
  });
  // Fastify would accept any body that is declared as plain text as a string.
  app.removeContentTypeParser('text/plain');
  readJsonBodies(app, options.maxBodyBytes, ({ raw, ip }) =>
    keys.tellsApart ? keys.payerOf(raw) : clientWithoutKey(ip),
  );
  app.addHook('onRequest', (request, reply, done) => {
    sendRequestId(request, reply);
    done();
  });
  if (options.corsOrigins.length > 0) {
    const origin = options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins];
    await app.register(cors, {
      origin,
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['x-request-id', 'request-id', 'retry-after', executorHeader, ...limitHeaderNames],
    });
  }
  const validators = new LazyValidators();
  app.setValidatorCompiler(validators.compiler);
  app.addHook('onListen', (done) => {
    validators.prepare();
    done();
  });
  // Response schemas are for the OpenAPI document only: what routes return is sent unchanged.
  app.setSerializerCompiler(() => JSON.stringify);
  for (const schema of namedSchemas) app.addSchema(schema);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'chatstream', version } },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) => (typeof $id === 'string' ? $id : `schema-${index}`),
    },
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { routeOptions, raw, method, is404 } = request;
    const { socket, headers } = raw;
    // What else has been sent on a connection that the server has closed is not run, and nobody would read the answer.
    if (socket.destroyed) {
      reply.hijack();
      return;
    }
    const isBeyond = connections.isBeyond(socket);
    if (healthPaths.has(routeOptions.url ?? '')) {
      // The next health check needs the place.
      if (isBeyond) reply.header('connection', 'close');
    } else {
      if (isBeyond) {
        connections.refused(socket);
        throw tooManyConnectionsError(context.connectionLimits.most);
      }
      if (!keylessPaths.has(routeOptions.url ?? '')) {
        keys.check(raw, () => request.ip);
        checkRole(keys, raw, method, routeOptions.url);
      }
      const encoding = headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity' && !is404) throw compressedError(encoding);
    }
    done();
  });
  app.setErrorHandler((cause, request, reply) => {
    const error = toChatstreamError(cause, request);
    const fields = { code: error.code, error: error.message, method: request.method, url: pathOf(request.originalUrl) };
    if (error.code === 'internal') request.log.error({ ...fields, err: error.cause }, 'request failed');
    else request.log.debug(fields, 'request refused');
    sendError(error, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    sendNotFound(request, reply, paths);
  });

  if ('relay' in context) {
    for (const routes of [relayRoutes, upstreamRoutes]) routes(app, context);
  } else {
    const generating = [completionRoutes, messagesRoutes, responseRoutes, embeddingRoutes];
    for (const routes of [...generating, modelRoutes, tokenRoutes]) routes(app, context);
  }
  const observing = [queueRoutes, usageRoutes, healthRoutes, observationRoutes, resourceRoutes];
  for (const routes of [...observing, loadTestRoutes, consoleRoutes]) routes(app, context);
  queueEventRoutes(app, context, feeds);
  return app;
}

/** Keeps connections and the bodies on them within their limits, and counts what is closed for that. */
function watchConnections({ server }: App, { metrics, clock, connectionLimits: limits }: LineContext): OpenConnections {
  const connections = new OpenConnections(server, {
    clock,
    limits,
    onIdleClosed: () => {
      metrics.connectionClosed('idle');
    },
    onFlooded: () => {
      metrics.connectionClosed('pipelined');
    },
    onRefused: () => {
      metrics.connectionClosed('refused');
    },
    refuse: (socket) => {
      refuseConnection(tooManyConnectionsError(limits.most), socket);
    },
  });
  metrics.observeConnections(connections, limits.most);
  new BodyWatch(server, {
    clock,
    onSlowBody: () => {
      metrics.connectionClosed('slow_body');
    },
  });
  return connections;
}
