import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify, LogController } from 'fastify';
import type { Logger as PinoLogger } from 'pino';
import type { App, ServerOptions } from './http/context.js';
import { answerUnreadable, sendError, sendNotFound, toChatstreamError } from './http/errors.js';
import { requestId, sendRequestId } from './http/request-id.js';
import { pathOf, RoutePaths } from './http/route-paths.js';

/**
 * How long the headers of a request may take, and the first byte of a new connection; and how often that is checked. In
 * milliseconds.
 */
const headersTimeout = 30_000;
const connectionsCheckingInterval = 5000;

/** An application without routes, which answers all errors as the APIs do. */
export function newApp(options: Pick<ServerOptions, 'maxBodyBytes' | 'trustedProxies'>, logger: PinoLogger): App {
  const paths = new RoutePaths();
  const app: App = fastify({
    // Fastify's own lines below a warning would mislead: it says "Server listening" long before the model is loaded.
    loggerInstance: logger.child({}, { level: logger.isLevelEnabled('info') ? 'warn' : logger.level }),
    childLoggerFactory: (_fastifyLogger, bindings, childOptions) => logger.child(bindings, childOptions),
    // Requests are logged when they settle, with their timings, and not when their HTTP exchange ends.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
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

  // Fastify would accept any body that is declared as plain text as a string.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRoute', ({ url, method }) => {
    paths.add(url, [method].flat());
  });
  app.addHook('onRequest', (request, reply, done) => {
    sendRequestId(request, reply);
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
  return app;
}
