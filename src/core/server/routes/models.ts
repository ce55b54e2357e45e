import { Type } from 'typebox';
import type { EngineInfo } from '../../engine/engine.js';
import type { ListedModel } from '../../inference/service/served-model.js';
import type { App, ServerContext } from '../http/context.js';
import { aboutAllowedModels, allowedModel, mayUse } from '../http/keys/allowed-models.js';
import { isFromAnthropicClient } from '../protocol/messages/messages-errors.js';
import { modelInfo, modelsPage } from '../protocol/messages/messages-models.js';
import { errors, json } from '../schemas/openapi.js';

export function modelRoutes(app: App, { models, keys }: ServerContext): void {
  const startedAt = Math.floor(Date.now() / 1000);
  const meaningOf = (name: string): unknown => models.meant(name);
  const described = (request: object, id: string): ListedModel => {
    const key = keys.of(request);
    allowedModel(key, id, [], meaningOf);
    try {
      return models.describe(id);
    } catch (error) {
      const names = models.list.map((model) => model.id);
      throw aboutAllowedModels(error, key, id, names, meaningOf);
    }
  };
  const list = {
    summary: 'The models that are served',
    tags: ['models'],
    response: { 200: json('Each model under each of its names.', 'ModelList'), ...errors(401) },
  };
  app.get('/v1/models', { schema: list }, ({ raw, headers }) => {
    const shown = models.list.filter(({ id }) => mayUse(keys.of(raw), id, meaningOf));
    if (isFromAnthropicClient(headers)) return modelsPage(shown.map(({ id }) => modelInfo(id, startedAt)));
    return { object: 'list', data: shown.map((model) => describe(model, startedAt)) };
  });

  const one = {
    summary: 'One model',
    tags: ['models'],
    params: Type.Object({ id: Type.String() }),
    response: { 200: json('The model.', 'Model'), ...errors(401, 403, 404) },
  };
  app.get('/v1/models/:id', { schema: one }, ({ params, raw, headers }) => {
    const model = described(raw, params.id);
    return isFromAnthropicClient(headers) ? modelInfo(model.id, startedAt) : describe(model, startedAt);
  });
}

function describe({ id, root, state, info }: ListedModel, created: number): object {
  return {
    id,
    object: 'model',
    created,
    owned_by: 'chatstream',
    root,
    ...(state !== undefined && { state }),
    ...(info !== null && details(info)),
  };
}

/** What is known of a model once it has been loaded. */
function details(info: EngineInfo): object {
  return {
    context_length: info.contextLength,
    max_model_len: info.contextLength,
    meta: {
      engine: info.engine,
      device: info.device,
      slots: info.slots,
      architecture: info.architecture,
      parameters: info.parameters,
      trained_context_length: info.trainedContextLength,
      vocabulary_size: info.vocabularySize,
      file_bytes: info.fileBytes,
      ...(info.embeddings !== undefined && { embeddings: info.embeddings }),
    },
  };
}
