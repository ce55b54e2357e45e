import type { App } from '../app-type.js';
import type { ServerContext } from '../context.js';

/** What machines read about the server itself. */
export function observationRoutes(app: App, { metrics }: ServerContext): void {
  app.get('/metrics', { schema: { summary: 'Metrics for Prometheus', tags: ['observation'] } }, async (_, reply) => {
    reply.type(metrics.contentType);
    return metrics.render();
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
