import { wireHistory, wireResources } from '../../console/wire-resources.js';
import type { App, LineContext } from '../../http/context.js';
import { errors, json } from '../../schemas/openapi.js';

/** How the server has been doing, for pages that show it. */
export function resourceRoutes(app: App, { history, machine }: LineContext): void {
  const tags = ['observation'];
  const past = {
    summary: 'The last quarter of an hour',
    tags,
    response: { 200: json('What happened in each interval of five seconds.', 'History'), ...errors(401, 403) },
  };
  app.get('/v1/history', { schema: past }, () => wireHistory(history.samples));

  const present = {
    summary: 'Processors, memory and GPUs',
    tags,
    response: { 200: json('What is used of the machine now.', 'Resources'), ...errors(401, 403) },
  };
  app.get('/v1/resources', { schema: present }, async () => wireResources(await machine.read(true)));
}
