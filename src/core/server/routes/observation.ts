import type { App } from '../http/app-type.js';
import type { ServerContext } from '../http/context.js';
import { errors, text } from '../schemas/responses.js';

/** What machines read about the server itself. */
export function observationRoutes(app: App, { metrics }: ServerContext): void {
  const schema = {
    summary: 'Metrics for Prometheus',
    tags: ['observation'],
    response: { 200: text("In Prometheus' text format."), ...errors(401) },
  };
  app.get('/metrics', { schema }, async (_, reply) => {
    reply.type(metrics.contentType);
    return metrics.render();
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
