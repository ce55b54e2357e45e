import type { EngineInfo } from '../../engine/engine.js';
import type { ModelState } from '../queue/request-line.js';
import type { Inference } from './inference.js';

/** What routes ask of a model. */
export type ModelService = Pick<
  Inference,
  'info' | 'limits' | 'submit' | 'submitAll' | 'refuse' | 'promptOf' | 'tokenize' | 'detokenize' | 'spell'
>;

/** The model that a request asks for. */
export interface ServedModel {
  /** What its answer calls the model. */
  readonly name: string;
  readonly inference: ModelService;
  /** What keeps requests from using it; null while it is loaded. Left out if models are not loaded on demand. */
  readonly loading?: () => ModelLoading | null;
}

/** A model that is not loaded yet, as described to waiting clients. */
export interface ModelLoading {
  readonly model: string;
  /** When it is expected to be loaded, in milliseconds from now; null if that depends on what others do. */
  readonly etaMs: number | null;
}

/** A model under one of its names. */
export interface ListedModel {
  readonly id: string;
  /** The name of its file, without the extension. */
  readonly root: string;
  /** Null until it has been loaded for the first time. */
  readonly info: EngineInfo | null;
  /** Left out where models are not loaded on demand. */
  readonly state?: ModelState;
}

/** The models of a server by the names by which clients ask for them. */
export interface ServedModels {
  /** @throws ChatstreamError `model_not_found` */
  find(wanted: string | null | undefined): ServedModel;
  /** The model that a name means: the same object for all its names; undefined if no model has the name. */
  meant(name: string): object | undefined;
  /** All models, under each of their names. */
  readonly list: readonly ListedModel[];
  /** @throws ChatstreamError `model_not_found` */
  describe(id: string): ListedModel;
}
