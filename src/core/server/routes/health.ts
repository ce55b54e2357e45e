import type { FastifyReply } from 'fastify';
import type { App } from '../app-type.js';
import type { ServerContext } from '../context.js';

/** Never behind the queue, never needing a key, and answered from memory: the engine is not asked. */
export function healthRoutes(app: App, { inference }: ServerContext): void {
  const tags = ['health'];
  const readiness = (reply: FastifyReply): object => {
    if (inference.ready) return { status: 'ready' };
    reply.code(503);
    return { status: 'not ready', reason: inference.readiness };
  };
  app.get('/livez', { schema: { summary: 'The process is alive', tags } }, () => ({ status: 'alive' }));
  app.get('/readyz', { schema: { summary: 'The model is loaded and requests are taken', tags } }, (_request, reply) =>
    readiness(reply),
  );
  app.get('/health', { schema: { summary: 'The same as /readyz', tags } }, (_request, reply) => readiness(reply));
}

export const healthPaths: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health']);
