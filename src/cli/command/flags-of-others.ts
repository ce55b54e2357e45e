/**
 * Flags of other servers and load generators, and names that suggest themselves, with the flag that does the same here. Their values
 * may be written differently: a context of llama-server, for example, is that of all slots together.
 */
export const flagsOfOthers: Readonly<Record<string, string>> = {
  // llama-server
  c: 'context',
  fa: 'flash-attention',
  ngl: 'gpu-layers',
  np: 'max-concurrency',
  'cache-ram': 'prompt-cache',
  'cache-type-k': 'cache-type',
  'cache-type-v': 'cache-type',
  'ctx-size': 'context',
  device: 'devices',
  'flash-attn': 'flash-attention',
  'hf-repo': 'model',
  'n-gpu-layers': 'gpu-layers',
  parallel: 'max-concurrency',
  // vLLM
  'max-model-len': 'context',
  'max-num-seqs': 'max-concurrency',
  'served-model-name': 'alias',
  // vLLM's benchmark, guidellm, AIPerf and k6
  'base-url': 'url',
  'benchmark-duration': 'duration',
  goodput: 'slo',
  isl: 'input-tokens',
  'max-requests': 'requests',
  'max-seconds': 'duration',
  'num-prompts': 'requests',
  osl: 'output-tokens',
  'random-input-len': 'input-tokens',
  'random-output-len': 'output-tokens',
  'request-count': 'requests',
  'request-rate': 'rate',
  target: 'url',
  vus: 'concurrency',
  // No program's, but likely
  clients: 'concurrency',
  history: 'file',
  html: 'output',
  out: 'output',
  'output-file': 'output',
  qps: 'rate',
  report: 'output',
  rps: 'rate',
  time: 'duration',
  users: 'concurrency',
};
