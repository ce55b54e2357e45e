import { Type } from 'typebox';
import { modelNotFoundError } from '../../base/refusals.js';
import type { EngineInfo } from '../../engine/engine.js';
import { allowedModel, mayUse } from '../http/allowed-models.js';
import type { App, ServerContext } from '../http/context.js';
import { errors, json } from '../schemas/openapi.js';
import { answersTo, modelNames } from './model-names.js';

export function modelRoutes(app: App, { inference, keys, options: { aliases } }: ServerContext): void {
  const startedAt = Math.floor(Date.now() / 1000);
  const list = {
    summary: 'The model that is served',
    tags: ['models'],
    response: { 200: json('The model under each of its names.', 'ModelList'), ...errors(401) },
  };
  app.get('/v1/models', { schema: list }, ({ raw }) => {
    const { info } = inference;
    const names = info === null ? [] : modelNames(info.modelId, aliases);
    const shown = names.filter((name) => mayUse(keys.of(raw), name));
    return { object: 'list', data: info === null ? [] : shown.map((name) => describe(info, name, startedAt)) };
  });

  const one = {
    summary: 'One model',
    tags: ['models'],
    params: Type.Object({ id: Type.String() }),
    response: { 200: json('The model.', 'Model'), ...errors(401, 403, 404) },
  };
  app.get('/v1/models/:id', { schema: one }, ({ params, raw }) => {
    const { info } = inference;
    allowedModel(keys.of(raw), params.id, []);
    if (info !== null && answersTo(params.id, info.modelId, aliases)) return describe(info, params.id, startedAt);
    throw modelNotFoundError(params.id, info === null ? null : (modelNames(info.modelId, aliases)[0] ?? null));
  });
}

function describe(info: EngineInfo, id: string, created: number): object {
  return {
    id,
    object: 'model',
    created,
    owned_by: 'chatstream',
    root: info.modelId,
    context_length: info.contextLength,
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
