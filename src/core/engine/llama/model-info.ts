import { basename, extname } from 'node:path';
import type { GgufFile } from '../../gguf/gguf-file.js';
import type { EngineInfo } from '../engine.js';
import type { LlamaEngineOptions } from '../options.js';

/** What only a loaded model can tell. */
type Loaded = Pick<
  EngineInfo,
  | 'contextLength'
  | 'device'
  | 'vocabularySize'
  | 'promptCache'
  | 'warnings'
  | 'chatStop'
  | 'chatTemplate'
  | 'embeddings'
>;

export function modelInfo({ modelPath, slots }: LlamaEngineOptions, file: GgufFile, loaded: Loaded): EngineInfo {
  return {
    engine: 'llama',
    modelId: basename(modelPath, extname(modelPath)),
    contextLength: loaded.contextLength,
    slots,
    device: loaded.device,
    architecture: file.architecture,
    parameters: file.parameters,
    trainedContextLength: file.trainedContextLength,
    vocabularySize: loaded.vocabularySize,
    fileBytes: file.fileBytes,
    promptCache: loaded.promptCache,
    warnings: loaded.warnings,
    chatStop: loaded.chatStop,
    chatTemplate: loaded.chatTemplate,
    ...(loaded.embeddings !== undefined && { embeddings: loaded.embeddings }),
  };
}
