import { join } from 'node:path';
import { withoutSecrets } from '../core/models/model-source.js';
import { serveFlags } from './serve-flags.js';

/**
 * What of `serve` makes sense for a server that is started for the bench: the model and how it is computed, how many may
 * wait and for how long, and the mock engine. The rest the bench decides.
 */
const forwarded = [
  'model',
  'engine',
  'context',
  'gpu',
  'gpu-layers',
  'flash-attention',
  'cache-type',
  'threads',
  'max-queue',
  'queue-timeout',
  'prefill-chunk',
  'mock-prefill',
  'mock-token',
  'mock-reply',
] as const;

type Forwarded = (typeof forwarded)[number];

/** Those flags, for the bench. */
export const ownServerFlags = {
  model: ownServer(serveFlags.model),
  engine: ownServer(serveFlags.engine),
  context: ownServer(serveFlags.context),
  gpu: ownServer(serveFlags.gpu),
  'gpu-layers': ownServer(serveFlags['gpu-layers']),
  'flash-attention': ownServer(serveFlags['flash-attention']),
  'cache-type': ownServer(serveFlags['cache-type']),
  threads: ownServer(serveFlags.threads),
  'max-queue': ownServer(serveFlags['max-queue'], {
    summary: 'Requests that may wait. [default: enough for all clients; in an open loop 64]',
  }),
  'queue-timeout': ownServer(serveFlags['queue-timeout'], {
    summary: 'Longest wait in the queue. [default: unlimited; --timeout is for the whole request]',
  }),
  'prefill-chunk': ownServer(serveFlags['prefill-chunk']),
  'mock-prefill': ownServer(serveFlags['mock-prefill']),
  'mock-token': ownServer(serveFlags['mock-token']),
  'mock-reply': ownServer(serveFlags['mock-reply']),
};

/**
 * The same flag among others in the bench's help.
 *
 * @param own what it says there, if the bench has a default of its own
 */
function ownServer<T extends object>(flag: T, own?: { readonly summary: string }): T {
  const withoutDefault = own === undefined ? {} : { default: undefined, defaultHelp: undefined };
  return Object.assign({}, flag, { helpGroup: 'OWN SERVER', ...withoutDefault, ...own });
}

const durations: ReadonlySet<string> = new Set<Forwarded>(['queue-timeout', 'mock-prefill', 'mock-token']);

/** Where a sweep ends that nobody asked to go further: llama.cpp's own limit. More clients than that wait. */
export const mostSlotsUnasked = 256;

/** How the bench itself sets the server. */
export interface OwnServerSettings {
  /** The highest max-concurrency of the sweep. */
  readonly slots: number;
  /** How many clients may wait at once, so that none is refused; undefined leaves it to the server. */
  readonly clients: number | undefined;
}

/**
 * The command that starts the server.
 *
 * @param packageRoot where `bin/` is
 * @param given the values of the flags that the user has set, and no others
 */
export function ownServerCommand(
  packageRoot: string,
  given: Readonly<Partial<Record<Forwarded, string | number>>>,
  { slots, clients }: OwnServerSettings,
): readonly string[] {
  const args = forwarded.flatMap((name) => {
    const value = given[name];
    if (value === undefined) return [];
    return [`--${name}`, durations.has(name) ? `${value}ms` : String(value)];
  });
  if (given['max-queue'] === undefined && clients !== undefined)
    args.push('--max-queue', String(Math.max(64, clients)));
  // A wait is what the bench measures; its own --timeout ends what takes too long.
  if (given['queue-timeout'] === undefined) args.push('--queue-timeout', '0');
  return [
    process.execPath,
    join(packageRoot, 'bin', 'run.js'),
    'serve',
    ...['--json', '--log-level', 'warn', '--host', '127.0.0.1', '--port', '0'],
    ...['--max-concurrency', String(slots), '--slots', String(slots)],
    ...args,
  ];
}

/** Of all flags, those of the server's that were given rather than left at their defaults. */
export function givenServerFlags(
  flags: Readonly<Record<string, unknown>>,
  isDefault: (name: string) => boolean,
): Partial<Record<Forwarded, string | number>> {
  const given: Partial<Record<Forwarded, string | number>> = {};
  for (const name of forwarded) {
    const value = flags[name];
    if ((typeof value === 'string' || typeof value === 'number') && !isDefault(name)) given[name] = value;
  }
  return given;
}

/** The same for the result file, which may be published: without a password or a signature in a model's URL. */
export function settingsToShow(
  given: Partial<Record<Forwarded, string | number>>,
): Partial<Record<Forwarded, string | number>> {
  const { model } = given;
  return typeof model === 'string' ? { ...given, model: withoutSecrets(model) } : given;
}

/** What is going on until the server is ready: seconds with a large model, minutes if it has to be downloaded. */
export function ownServerBeginning({ engine, model }: { readonly engine: string; readonly model: string }): string {
  if (engine === 'mock') return 'Starting a server with the mock engine …';
  const isRemote = /^(hf|huggingface|https?):/i.test(model);
  // Keys that a URL may hold are not for the logs of a CI job.
  const name = withoutSecrets(model);
  return `Starting a server and loading ${name}${isRemote ? ', downloaded first if it is not here yet' : ''} …`;
}
