import { Type } from 'typebox';
import { modelNotFoundError } from '../../base/refusals.js';
import type { EngineInfo } from '../../engine/engine.js';
import type { App, ServerContext } from '../http/context.js';
import { errors, json } from '../schemas/openapi.js';

export function modelRoutes(app: App, { inference }: ServerContext): void {
  const startedAt = Math.floor(Date.now() / 1000);
  const list = {
    summary: 'The model that is served',
    tags: ['models'],
    response: { 200: json('A list with one model.', 'ModelList'), ...errors(401) },
  };
  app.get('/v1/models', { schema: list }, () => {
    const { info } = inference;
    return { object: 'list', data: info === null ? [] : [describe(info, startedAt)] };
  });

  const one = {
    summary: 'One model',
    tags: ['models'],
    params: Type.Object({ id: Type.String() }),
    response: { 200: json('The model.', 'Model'), ...errors(401, 404) },
  };
  app.get('/v1/models/:id', { schema: one }, ({ params }) => {
    const { info } = inference;
    if (info?.modelId === params.id) return describe(info, startedAt);
    throw modelNotFoundError(params.id, info?.modelId ?? null);
  });
}

function describe(info: EngineInfo, created: number): object {
  return {
    id: info.modelId,
    object: 'model',
    created,
    owned_by: 'chatstream',
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
    },
  };
}
