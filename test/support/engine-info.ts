import type { EngineInfo } from '../../src/core/engine/engine.js';

/** What an engine says of itself in tests where that is beside the point. */
export function engineInfoOf(info: Pick<EngineInfo, 'modelId'> & Partial<EngineInfo>): EngineInfo {
  return {
    engine: 'mock',
    contextLength: 4096,
    slots: 4,
    device: 'none',
    architecture: 'none',
    parameters: null,
    trainedContextLength: null,
    vocabularySize: null,
    fileBytes: null,
    promptCache: { status: 'off', reason: 'it is a test' },
    warnings: [],
    chatStop: [],
    chatTemplate: null,
    ...info,
  };
}
