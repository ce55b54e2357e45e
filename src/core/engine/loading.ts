/** What a process that loads a model is doing. */
export type Loading =
  /** llama.cpp itself, which node-llama-cpp tries out in a separate process. */
  | { readonly step: 'library' }
  /** @property percent of the weights that have been read, 0 to 100 */
  | { readonly step: 'weights'; readonly percent: number }
  /** The tokens of the model and the metadata of its file, without its weights: all that preparing prompts needs. */
  | { readonly step: 'vocabulary' }
  /** The KV cache, and measuring with how many threads the model is fastest. */
  | { readonly step: 'context' };
