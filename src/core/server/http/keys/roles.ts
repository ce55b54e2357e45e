import { forbiddenError, notLocalError } from '../../../base/refusals/key-refusals.js';
import type { Role } from '../../../config/key-settings.js';
import type { QueueViewer } from '../../console/queue-view.js';
import type { KeyRing } from './key-ring.js';
import { mayOperate, type Sender } from './operators.js';

/** Routes that need another role than user. All routes that are not listed generate text, and are for users. */
const needs: ReadonlyMap<string, readonly Role[]> = new Map([
  ['GET /v1/models', ['user', 'observer']],
  ['GET /v1/models/:id', ['user', 'observer']],
  ['GET /openapi.json', ['user', 'observer']],
  // Users see their own requests only.
  ['GET /v1/queue', ['user', 'observer']],
  ['GET /v1/queue/events', ['user', 'observer']],
  ['GET /v1/history', ['observer']],
  ['GET /v1/resources', ['observer']],
  ['GET /v1/usage', ['user', 'observer']],
  ['GET /metrics', ['observer']],
  // It contains prompts and answers of others.
  ['GET /v1/feedback', []],
  ['DELETE /v1/feedback/:id', []],
  ['PATCH /v1/queue', []],
  ['POST /v1/queue/drain', []],
  ['POST /v1/load-test', []],
  ['GET /v1/load-test', []],
  ['DELETE /v1/load-test', []],
  ['GET /v1/upstreams', ['observer']],
  ['PATCH /v1/upstreams/:name', []],
]);

/**
 * What the sender of a request may see of the queues: users their own requests, by key or address, and the models that they
 * may use; others everything. Administrators may also change the limits.
 */
export function viewerOf(keys: KeyRing, request: Sender): QueueViewer {
  const { role, models = null } = keys.of(request);
  const { hasKeys } = keys;
  if (role === 'user') return { payer: keys.payerOf(request), models, mayTurn: false, hasKeys };
  return { payer: null, models: null, mayTurn: role === 'admin' && mayOperate(keys, request), hasKeys };
}

const usersOnly: readonly Role[] = ['user'];

/**
 * Checks whether the sender of a request may use a route. Administrators may use all of them. Without keys, only programs on
 * this machine may use those that are for administrators alone.
 *
 * @param request one whose key was checked
 * @param url of the route, with its parameters unfilled; undefined if there is no such route
 * @throws ChatstreamError `forbidden`
 */
export function checkRole(keys: KeyRing, request: Sender, method: string, url: string | undefined): void {
  if (url === undefined) return;
  const { role, name } = keys.of(request);
  const allowed = needs.get(`${method === 'HEAD' ? 'GET' : method} ${url}`) ?? usersOnly;
  if (role !== 'admin') {
    if (!allowed.includes(role)) throw forbiddenError(name, role, [...allowed, 'admin']);
  } else if (allowed.length === 0 && !mayOperate(keys, request)) throw notLocalError();
}
