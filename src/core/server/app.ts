import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import type { Logger as PinoLogger } from 'pino';
import { executorHeader } from '../base/executor-header.js';
import { tooManyConnectionsError } from '../base/refusals/refusals.js';
import { QueueFeeds } from './console/queue-feeds.js';
import { BodyMemory } from './http/connections/body-memory.js';
import { BodyWatch } from './http/connections/body-watch.js';
import { OpenAnswers } from './http/connections/open-answers.js';
import { OpenConnections } from './http/connections/open-connections.js';
import type { App, LineContext, RelayContext, ServerContext } from './http/context.js';
import { refuseConnection } from './http/errors.js';
import { readJsonBodies } from './http/json-bodies.js';
import { clientWithoutKey } from './http/keys/client-address.js';
import { leftOutHeader } from './http/left-out.js';
import { limitHeaderNames } from './http/limit-headers.js';
import { LazyValidators } from './http/validation/validation.js';
import { cutOffSlowReaders } from './http/write-timeout.js';
import { newApp } from './new-app.js';
import { checkRequests } from './request-checks.js';
import { completionRoutes } from './routes/completions.js';
import { embeddingRoutes } from './routes/embeddings.js';
import { messagesRoutes } from './routes/messages.js';
import { modelRoutes } from './routes/models.js';
import { relayRoutes } from './routes/relayed.js';
import { responseRoutes } from './routes/responses/responses.js';
import { consoleRoutes } from './routes/state/console.js';
import { loadTestRoutes } from './routes/state/load-tests.js';
import { healthRoutes, observationRoutes } from './routes/state/observation.js';
import { queueRoutes } from './routes/state/queue.js';
import { queueEventRoutes } from './routes/state/queue-events.js';
import { resourceRoutes } from './routes/state/resources.js';
import { upstreamRoutes } from './routes/state/upstreams.js';
import { usageRoutes } from './routes/state/usage.js';
import { tokenRoutes } from './routes/tokens.js';
import { namedSchemas } from './schemas/openapi.js';

/** The HTTP server with all its routes, not listening yet. */
export async function createApp(context: ServerContext | RelayContext, logger: PinoLogger): Promise<App> {
  const { options, keys, version } = context;
  const app = newApp(options, logger);
  const connections = watchConnections(app, context);
  cutOffSlowReaders(app, options.writeTimeoutMs);
  const feeds = new QueueFeeds(context.line, context.totals, context.clock);
  closeAfterAnswers(app, feeds, context);
  const memory = new BodyMemory(context.bodyMemoryBytes);
  readJsonBodies(app, { maxBodyBytes: options.maxBodyBytes, memory }, ({ raw, ip }) =>
    keys.tellsApart ? keys.payerOf(raw) : clientWithoutKey(ip),
  );
  await allowOrigins(app, options.corsOrigins);
  await describeRoutes(app, version);
  // After those of @fastify/cors, because the request that a browser sends in advance has no key.
  checkRequests(app, context, connections);
  addRoutes(app, context, feeds);
  return app;
}

/** Lets answers and load tests end before the server is closed. */
function closeAfterAnswers(app: App, feeds: QueueFeeds, { operations }: Pick<LineContext, 'operations'>): void {
  const answers = new OpenAnswers(app.server);
  app.addHook('preClose', async () => {
    feeds.end();
    await operations?.loadTests.close();
    await answers.delivered();
    // The remaining connections wait for nothing, and some would keep the server alive: browsers open connections in
    // advance, and Node does not count a connection on which nothing was ever sent as idle.
    app.server.closeAllConnections();
  });
}

/** @param origins of the pages in browsers that may send requests and read the answers; `*` for all */
async function allowOrigins(app: App, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: [
      ...['x-request-id', 'request-id', 'retry-after', 'x-should-retry', executorHeader, leftOutHeader],
      ...limitHeaderNames,
    ],
  });
}

/** Schemas of routes have two purposes: requests are validated by them, and the OpenAPI document is made from them. */
async function describeRoutes(app: App, version: string): Promise<void> {
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
}

function addRoutes(app: App, context: ServerContext | RelayContext, feeds: QueueFeeds): void {
  if ('relay' in context) {
    for (const routes of [relayRoutes, upstreamRoutes]) routes(app, context);
  } else {
    const generating = [completionRoutes, messagesRoutes, responseRoutes, embeddingRoutes];
    for (const routes of [...generating, modelRoutes, tokenRoutes]) routes(app, context);
  }
  const observing = [queueRoutes, usageRoutes, healthRoutes, observationRoutes, resourceRoutes];
  for (const routes of [...observing, loadTestRoutes, consoleRoutes]) routes(app, context);
  queueEventRoutes(app, context, feeds);
}

/** Keeps connections and the bodies on them within their limits, and counts what is closed for that. */
function watchConnections({ server }: App, { metrics, clock, connectionLimits: limits }: LineContext): OpenConnections {
  // Each request listens on its connection. With pipelining there may be many of them, which is not a leak.
  server.on('connection', (socket) => socket.setMaxListeners(0));
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
