import { Flags, type Interfaces } from '@oclif/core';
import { engines, flashAttentionModes, gpuChoices, mockReplies } from '../../../core/engine/options.js';
import { cacheTypes } from '../../../core/gguf/kv-cache.js';
import { automaticContextLength } from '../../../core/gguf/memory-need.js';
import { bundledModel } from '../../../core/models/model-source.js';
import { clusterFlags } from '../../connection/cluster-flags.js';
import {
  autoOrBytesFlag,
  autoOrIntegerFlag,
  bytesFlag,
  defaultBytes,
  defaultDuration,
  defaultInWords,
  durationFlag,
  fromEnvironment,
  listFlag,
  networksFlag,
  repeatableFlag,
} from '../../flags/flags.js';
import { queueFlags } from './queue-flags.js';
import { replicaFlags } from './replica-options.js';

/** llama.cpp's own limit. The mock engine has none. */
const model = { helpGroup: 'MODEL' };
const upstreamGroup = { helpGroup: 'UPSTREAM SERVERS' };
const http = { helpGroup: 'HTTP' };
const mock = { helpGroup: 'MOCK ENGINE' };

/** The flags of everything that starts a server. */
export const serveFlags = fromEnvironment({
  model: repeatableFlag({
    ...model,
    char: 'm',
    summary:
      '[NAME=]MODEL: path of a .gguf file, hf:USER/REPOSITORY[:QUANTISATION], hf:USER/REPOSITORY/FILE.gguf, or a URL. Repeatable.',
    default: [[bundledModel]],
    defaultHelp: () => Promise.resolve(bundledModel),
  }),
  'max-loaded': Flags.integer({
    ...model,
    ...defaultInWords('all models'),
    summary: 'Models in memory at once. The others are loaded on demand.',
    min: 1,
  }),
  'idle-unload': durationFlag({
    ...model,
    ...defaultDuration('0s'),
    summary: 'Time without a request after which a model is unloaded; 0 means never.',
  }),
  alias: listFlag({
    ...model,
    summary: 'Name that the model, or the first of several, answers to besides its own, or * for any name. Repeatable.',
  }),
  engine: Flags.option({
    ...model,
    summary: 'What generates: llama.cpp, or a mock with exact timing that needs no model.',
    options: engines,
    default: 'llama' as const,
  })(),
  context: autoOrIntegerFlag({
    ...model,
    summary: `Tokens per slot, prompt and output together; auto: as many as the model was trained for, at most ${automaticContextLength}.`,
    min: 16,
    default: 'auto' as const,
  }),
  gpu: Flags.option({
    ...model,
    summary: 'Device to compute on. Only auto falls back to another one.',
    options: gpuChoices,
    default: 'auto' as const,
  })(),
  'gpu-layers': autoOrIntegerFlag({
    ...model,
    summary: 'Number of layers to keep on the GPU.',
    min: 0,
    default: 'auto' as const,
  }),
  'flash-attention': Flags.option({
    ...model,
    summary: 'Flash attention, which saves memory and usually time; auto: if the model and the device support it.',
    options: flashAttentionModes,
    default: 'auto' as const,
  })(),
  'cache-type': Flags.option({
    ...model,
    summary: 'Data type of the KV cache. Fewer bits take less memory; quantised types need flash attention.',
    options: cacheTypes,
    default: 'f16' as const,
  })(),
  'prompt-cache': autoOrBytesFlag({
    ...model,
    summary:
      'Memory for conversations that have left their slots, such as 2GiB; auto: a quarter of the free memory, at most 8GiB; 0: none.',
    default: 'auto' as const,
  }),
  embeddings: Flags.boolean({
    ...model,
    summary: 'Compute embeddings instead of text: for embedding models.',
  }),
  threads: autoOrIntegerFlag({
    ...model,
    summary: 'Number of CPU threads; auto measures which number is fastest.',
    min: 1,
    default: 'auto' as const,
  }),
  ...replicaFlags,
  upstream: Flags.custom<readonly string[]>({
    multiple: true,
    multipleNonGreedy: true,
    // A URL contains no spaces, so a variable or a line of a file can list several.
    parse: (input) => Promise.resolve(input.split(/\s+/).filter((each) => each !== '')),
  })({
    ...upstreamGroup,
    summary:
      'Server that generates instead of this one: URL[,slots=N][,model=NAME][,key=env:VARIABLE][,name=NAME]. Repeatable.',
  }),
  ...clusterFlags,
  ...queueFlags,
  config: Flags.string({
    ...http,
    summary: 'YAML file with keys, and with values for any of these flags. Read again on SIGHUP and when it changes.',
  }),
  host: Flags.string({ ...http, summary: 'Address to listen on.', default: '127.0.0.1' }),
  port: Flags.integer({
    ...http,
    char: 'p',
    summary: 'Port to listen on; 0 picks a free one.',
    min: 0,
    max: 65_535,
    default: 8000,
  }),
  'api-key': listFlag({ ...http, summary: 'Key that clients must send. Repeatable.' }),
  'cors-origin': listFlag({ ...http, summary: 'Origin that browsers may send requests from, or *. Repeatable.' }),
  'trusted-proxy': networksFlag({
    ...http,
    summary: 'Proxy whose X-Forwarded-For says where a request comes from: an address or a network. Repeatable.',
  }),
  'max-body': bytesFlag({
    ...http,
    ...defaultBytes('1MiB'),
    summary: 'Largest request body, such as 32MiB, or in bytes.',
    min: 1024,
  }),
  'write-timeout': durationFlag({
    ...http,
    ...defaultDuration('30s'),
    summary: 'Disconnect a client that has read nothing for this long; 0 means never.',
  }),
  store: Flags.string({
    ...http,
    summary: 'File in which responses and conversations are kept, instead of in memory; created if it does not exist.',
  }),
  'store-ttl': durationFlag({
    ...http,
    ...defaultDuration('24h'),
    summary: 'How long responses of /v1/responses are kept after they were last used; 0 means no limit.',
  }),
  'no-console': Flags.boolean({ ...http, summary: 'Do not serve the console, the page at /.' }),
  otlp: Flags.string({ ...http, summary: 'OpenTelemetry collector to send a trace of each request to.' }),
  'usage-retention': durationFlag({
    ...http,
    ...defaultDuration('168h'),
    summary: 'How long /v1/usage remembers the usage of keys, in memory; 0 means not at all.',
  }),
  'drain-timeout': durationFlag({
    ...http,
    ...defaultDuration('30s'),
    summary: 'Time for running generations to finish after SIGTERM or Ctrl-C.',
  }),
  'mock-prefill': durationFlag({ ...mock, ...defaultDuration('20ms'), summary: 'Time to the first token.' }),
  'mock-token': durationFlag({ ...mock, ...defaultDuration('10ms'), summary: 'Time per round.' }),
  'mock-reply': Flags.option({
    ...mock,
    summary: 'Text: echo repeats the last message, round counts to 16, long counts to max_tokens.',
    options: mockReplies,
    default: 'round' as const,
  })(),
});

/** The values that oclif parses from them. */
export type ServeFlags = Interfaces.InferredFlags<typeof serveFlags>;
