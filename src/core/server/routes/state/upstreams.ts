import { Type } from 'typebox';
import { upstreamNotFoundError } from '../../../base/refusals/upstream-refusals.js';
import type { RelayExecutor } from '../../../relay/jobs/relay-executor.js';
import { modelFor, namesOf } from '../../../relay/offered-models.js';
import type { App, RelayContext } from '../../http/context.js';
import { aboutAllowedModels, allowedModel, eachItsOwn, mayUse } from '../../http/keys/allowed-models.js';
import { isFromAnthropicClient } from '../../protocol/messages/messages-errors.js';
import { modelInfo, modelsPage } from '../../protocol/messages/messages-models.js';
import { errors, json } from '../../schemas/openapi.js';
import { upstream, upstreamChange, upstreamList } from '../../schemas/state/server-state.js';

/** The upstream servers and their models. */
export function upstreamRoutes(app: App, { relay, keys, options: { aliases } }: RelayContext): void {
  const startedAt = Math.floor(Date.now() / 1000);
  const describeModel = (id: string): object => ({ id, object: 'model', created: startedAt, owned_by: 'upstream' });
  const models = {
    summary: 'The models of all upstream servers',
    tags: ['models'],
    response: { 200: json('The models by the names by which clients ask for them.', Type.Object({})), ...errors(401) },
  };
  app.get('/v1/models', { schema: models }, ({ raw, headers }) => {
    const shown = namesOf(relay.executors, aliases).filter((name) => mayUse(keys.of(raw), name, eachItsOwn));
    if (isFromAnthropicClient(headers)) return modelsPage(shown.map((id) => modelInfo(id, startedAt)));
    return { object: 'list', data: shown.map(describeModel) };
  });
  const model = {
    summary: 'One model',
    tags: ['models'],
    params: Type.Object({ id: Type.String() }),
    response: { 200: json('The model.', Type.Object({})), ...errors(401, 403, 404, 503) },
  };
  app.get('/v1/models/:id', { schema: model }, ({ params: { id }, raw, headers }) => {
    const key = keys.of(raw);
    allowedModel(key, id, [], eachItsOwn);
    try {
      modelFor(id, relay.executors, aliases);
    } catch (error) {
      throw aboutAllowedModels(error, key, id, namesOf(relay.executors, aliases), eachItsOwn);
    }
    return isFromAnthropicClient(headers) ? modelInfo(id, startedAt) : describeModel(id);
  });

  const tags = ['upstreams'];
  const list = {
    summary: 'The upstream servers',
    tags,
    response: { 200: json('All of them, in their order.', upstreamList), ...errors(401, 403) },
  };
  app.get('/v1/upstreams', { schema: list }, () => ({ object: 'list', data: relay.executors.map(describe) }));
  const change = {
    summary: 'Drain an upstream server, or use it again',
    tags,
    params: Type.Object({ name: Type.String() }),
    body: upstreamChange,
    response: { 200: json('The upstream server.', upstream), ...errors(400, 401, 403, 404, 408, 413, 415) },
  };
  app.patch('/v1/upstreams/:name', { schema: change }, ({ params: { name }, body: { drain }, log, raw }) => {
    const found = relay.executors.find((executor) => executor.name === name);
    if (found === undefined) {
      throw upstreamNotFoundError(
        name,
        relay.executors.map((executor) => executor.name),
      );
    }
    found.drain(drain);
    log.info({ ...keys.askedBy(raw), upstream: name }, drain ? 'upstream is drained' : 'upstream is used again');
    return describe(found);
  });
}

function describe({ name, kind, status, places, running, models, resting, downReason, url }: RelayExecutor): object {
  return { name, url, kind, status, places, running, models, resting, reason: downReason };
}
