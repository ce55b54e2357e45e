import { join } from 'node:path';
import { Flags, type Interfaces } from '@oclif/core';
import { bundledModel, withoutSecrets } from '../../../core/models/model-source.js';
import { defaultInWords } from '../../flags/flags.js';
import { serveFlags } from './flags.js';

/** The bench measures one model. */
const oneModelFlag = Flags.string({
  char: 'm',
  summary: 'Path of a .gguf file, hf:USER/REPOSITORY[:QUANTISATION], hf:USER/REPOSITORY/FILE.gguf, or a URL.',
  default: bundledModel,
  env: 'CHATSTREAM_MODEL',
});

/**
 * The flags of `serve` that make sense for a server that is started for the bench: the model and how it is computed,
 * how many requests may wait and for how long, and the mock engine. The bench sets the rest.
 */
export const ownServerFlags = {
  model: ownServer(oneModelFlag),
  engine: ownServer(serveFlags.engine),
  context: ownServer(serveFlags.context),
  gpu: ownServer(serveFlags.gpu),
  'gpu-layers': ownServer(serveFlags['gpu-layers']),
  'flash-attention': ownServer(serveFlags['flash-attention']),
  'cache-type': ownServer(serveFlags['cache-type']),
  'prompt-cache': ownServer(serveFlags['prompt-cache']),
  threads: ownServer(serveFlags.threads),
  'max-queue': ownServer(withoutDefault(serveFlags['max-queue'], 'enough for all clients; in an open loop 64'), {
    summary: 'Requests that may wait.',
  }),
  'queue-timeout': ownServer(withoutDefault(serveFlags['queue-timeout'], 'no limit'), {
    summary: 'Longest wait in the queue; --timeout limits the whole request.',
  }),
  'prefill-chunk': ownServer(serveFlags['prefill-chunk']),
  'mock-prefill': ownServer(serveFlags['mock-prefill']),
  'mock-token': ownServer(serveFlags['mock-token']),
  'mock-reply': ownServer(serveFlags['mock-reply']),
};

/** The same flag, in its own group in the bench's help. */
function ownServer<T extends object>(flag: T, own: { readonly summary?: string } = {}): T {
  return { ...flag, helpGroup: 'OWN SERVER', ...own };
}

/** @param words the help text to use instead, because the bench has its own default */
function withoutDefault<T>(flag: Interfaces.OptionFlag<T>, words: string): Interfaces.OptionFlag<T | undefined> {
  return { ...flag, default: undefined, ...defaultInWords(words) };
}

/** Values of {@link ownServerFlags} that were given rather than left at their defaults. */
export type ServerFlagValues = Readonly<Partial<Record<string, string | number>>>;

/** The units in which the values of these flags are stored. */
const units: Readonly<Partial<Record<string, string>>> = {
  'queue-timeout': 'ms',
  'mock-prefill': 'ms',
  'mock-token': 'ms',
  'prompt-cache': 'B',
} satisfies Partial<Record<keyof typeof ownServerFlags, string>>;

/** How the bench configures the server. */
export interface OwnServerSettings {
  /** The highest max-concurrency of the sweep. */
  readonly slots: number;
  /** How many clients may wait at once, so that none is refused; undefined leaves it to the server. */
  readonly clients: number | undefined;
  /** It computes embeddings instead of text. */
  readonly embeddings?: boolean;
}

/**
 * The command that starts the server.
 *
 * @param packageRoot where `bin/` is
 */
export function ownServerCommand(
  packageRoot: string,
  given: ServerFlagValues,
  { slots, clients, embeddings = false }: OwnServerSettings,
): readonly string[] {
  const args = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, typeof value === 'number' ? `${value}${units[name] ?? ''}` : value],
  );
  if (given['max-queue'] === undefined && clients !== undefined) {
    args.push('--max-queue', String(Math.max(64, clients)));
  }
  // The wait is what the bench measures; its own --timeout ends requests that take too long.
  if (given['queue-timeout'] === undefined) args.push('--queue-timeout', '0');
  return [
    process.execPath,
    join(packageRoot, 'bin', 'run.js'),
    'serve',
    ...['--json', '--log-level', 'warn', '--host', '127.0.0.1', '--port', '0'],
    ...(embeddings ? ['--embeddings'] : []),
    ...['--max-concurrency', String(slots), '--slots', String(slots)],
    ...args,
  ];
}

/** The flags for the server that were given. */
export function givenServerFlags(
  flags: Readonly<Record<string, unknown>>,
  isGiven: (name: string) => boolean,
): Record<string, string | number> {
  const given: Record<string, string | number> = {};
  for (const name of Object.keys(ownServerFlags)) {
    const value = flags[name];
    if ((typeof value === 'string' || typeof value === 'number') && isGiven(name)) given[name] = value;
  }
  return given;
}

/** The same for the result file, which may be published: without a password or a signature in a model's URL. */
export function flagsToShow(given: Record<string, string | number>): Record<string, string | number> {
  const { model } = given;
  return typeof model === 'string' ? { ...given, model: withoutSecrets(model) } : given;
}

/**
 * What to show until the server is ready: for seconds with a large model, for minutes if the model has to be
 * downloaded.
 */
export function ownServerBeginning({ engine, model }: { readonly engine: string; readonly model: string }): string {
  if (engine === 'mock') return 'Starting a server with the mock engine …';
  const isRemote = /^(hf|huggingface|https?):/i.test(model);
  // A URL may contain keys, which must not get into the logs of a CI job.
  return `Starting a server and loading ${withoutSecrets(model)}${isRemote ? ', after a download if it is not cached' : ''} …`;
}
