import { onTestFinished } from 'vitest';
import { type ScriptedExchange, ScriptedHttpServer } from '../../../support/scripted-http-server.js';

export interface RouteAnswer {
  /** Such as `404 Not Found`; without it 200. */
  readonly status?: string;
  readonly headers?: readonly string[];
  /** Sent as JSON if it is no string. */
  readonly body?: unknown;
}

/** By method and path, such as `GET /v1/models`; a function decides each time. */
export type Routes = Readonly<Record<string, RouteAnswer | ((exchange: ScriptedExchange) => RouteAnswer)>>;

/** A server that has these routes and answers everything else with 404. It ends with the test. */
export async function serveRoutes(routes: Routes): Promise<ScriptedHttpServer> {
  return await serveScript(async (exchange) => {
    const route = routes[routeOf(exchange)] ?? { status: '404 Not Found', body: 'no such thing' };
    const { status = '200 OK', headers = [], body = '' } = typeof route === 'function' ? route(exchange) : route;
    await exchange.answer(status, headers, typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** A server that answers as it likes. It ends with the test. */
export async function serveScript(
  script: (exchange: ScriptedExchange) => void | Promise<void>,
): Promise<ScriptedHttpServer> {
  const server = await ScriptedHttpServer.start(script);
  onTestFinished(() => server.stop());
  return server;
}

/** Method and path of a request. */
export function routeOf({ head }: ScriptedExchange): string {
  return head.split(' HTTP/', 1)[0] ?? '';
}

/** What `/v1/models` answers. */
export function modelList(owner: string, ...ids: readonly string[]): RouteAnswer {
  const data = ids.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: owner }));
  return { headers: ['Content-Type: application/json'], body: { object: 'list', data } };
}

/** What chatstream's `/v1/queue` answers. */
export function queueView(view: Readonly<Record<string, unknown>> = {}): RouteAnswer {
  const empty = { max_concurrency: 4, max_queue: 64, slots: 8, draining: false, running: [], waiting: [], totals: {} };
  return { body: { ...empty, ...view } };
}
