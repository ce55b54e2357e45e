import type { FastifyReply } from 'fastify';
import { type TLiteral, type TObject, Type } from 'typebox';
import type { App } from '../http/app-type.js';
import type { ServerContext } from '../http/context.js';
import { json, type Responses } from '../schemas/responses.js';

const reason = Type.Enum(['starting', 'restarting', 'failed', 'draining', 'stopped']);

const readinessResponses: Responses = {
  200: json('The model is loaded, and requests are taken.', status('ready')),
  503: json('Not yet, or not at the moment.', Type.Object({ ...status('not ready').properties, reason })),
};

/** Never behind the queue, never needing a key, and answered from memory: the engine is not asked. */
export function healthRoutes(app: App, { inference }: ServerContext): void {
  const tags = ['health'];
  const readiness = (reply: FastifyReply): object => {
    if (inference.ready) return { status: 'ready' };
    reply.code(503);
    return { status: 'not ready', reason: inference.readiness };
  };
  const alive = { summary: 'The process is alive', tags, response: { 200: json('It is.', status('alive')) } };
  app.get('/livez', { schema: alive }, () => ({ status: 'alive' }));
  const ready = { summary: 'The model is loaded and requests are taken', tags, response: readinessResponses };
  app.get('/readyz', { schema: ready }, (_request, reply) => readiness(reply));
  const health = { summary: 'The same as /readyz', tags, response: readinessResponses };
  app.get('/health', { schema: health }, (_request, reply) => readiness(reply));
}

export const healthPaths: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health']);

function status<T extends string>(value: T): TObject<{ status: TLiteral<T> }> {
  return Type.Object({ status: Type.Literal(value) });
}
