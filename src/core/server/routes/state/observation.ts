import type { FastifyReply } from 'fastify';
import { type TLiteral, type TObject, Type } from 'typebox';
import type { App, LineContext } from '../../http/context.js';
import { errors, json, type Responses, text } from '../../schemas/openapi.js';

/** Health checks never need a key. */
export const healthPaths: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health']);

const reason = Type.Enum(['starting', 'restarting', 'failed', 'no_nodes', 'no_nats', 'draining', 'stopped']);

const readinessResponses: Responses = {
  200: json('The model is loaded, and requests are accepted.', status('ready')),
  503: json('Not ready yet, or not at the moment.', Type.Object({ ...status('not ready').properties, reason })),
};

/** Answered from memory: these routes neither wait in the queue nor ask the engine. */
export function healthRoutes(app: App, { line }: LineContext): void {
  const tags = ['health'];
  const readiness = (reply: FastifyReply): object => {
    if (line.ready) return { status: 'ready' };
    reply.code(503);
    return { status: 'not ready', reason: line.readiness };
  };
  const alive = { summary: 'The process is alive', tags, response: { 200: json('It is alive.', status('alive')) } };
  app.get('/livez', { schema: alive }, () => ({ status: 'alive' }));
  const ready = { summary: 'The model is loaded and requests are accepted', tags, response: readinessResponses };
  app.get('/readyz', { schema: ready }, (_request, reply) => readiness(reply));
  const health = { summary: 'The same as /readyz', tags, response: readinessResponses };
  app.get('/health', { schema: health }, (_request, reply) => readiness(reply));
}

/** Routes for monitoring and tools. */
export function observationRoutes(app: App, { metrics }: LineContext): void {
  const schema = {
    summary: 'Metrics for Prometheus',
    tags: ['observation'],
    response: { 200: text("In Prometheus' text format."), ...errors(401, 403) },
  };
  app.get('/metrics', { schema }, async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.render();
  });
  // Made once: it takes milliseconds, and a client can ask for it thirty times with two kilobytes.
  let description: Buffer | null = null;
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    reply.type('application/json; charset=utf-8');
    return (description ??= Buffer.from(JSON.stringify(app.swagger())));
  });
}

function status<T extends string>(value: T): TObject<{ status: TLiteral<T> }> {
  return Type.Object({ status: Type.Literal(value) });
}
