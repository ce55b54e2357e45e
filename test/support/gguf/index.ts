export { syntheticModel } from './model-cache.js';
export { writeSyntheticModel } from './synthetic-model.js';
export { defaultSyntheticModel, type SyntheticModelOptions } from './synthetic-model-options.js';
export { specialTokens } from './synthetic-vocabulary.js';
export type { WeightType } from './weight-formats.js';
