import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, RawServerDefault } from 'fastify';
import type { Logger as PinoLogger } from 'pino';
import type { Clock } from '../../base/clock.js';
import type { RequestLine } from '../../inference/queue/request-line.js';
import type { ServedModels } from '../../inference/service/served-model.js';
import type { MeteredMachine } from '../../machine/machine.js';
import type { Relay } from '../../relay/relay.js';
import type { RateLimiter } from '../../scheduler/rate-limits/rate-limiter.js';
import type { UsageBook } from '../../telemetry/key-usage.js';
import type { Metrics } from '../../telemetry/metrics.js';
import type { RecentHistory } from '../../telemetry/recent-history.js';
import type { Totals } from '../../telemetry/totals.js';
import type { LoadTests } from '../console/load-tests.js';
import type { Storage } from '../store/store.js';
import type { QueueAnnouncer } from '../streaming/queue-announcer.js';
import type { ConnectionLimits } from './connections/connection-limits.js';
import type { KeyRing } from './keys/key-ring.js';

/** Fastify with the types that this server uses: pino logs, and bodies typed by their TypeBox schemas. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, PinoLogger, TypeBoxTypeProvider>;

/** What the HTTP side of the server needs to know. Durations in milliseconds. */
export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Output tokens of a request that sets no limit. */
  readonly defaultMaxTokens: number;
  /** Further names of the model besides that of its file, or of the first of several models; with `*`, any name. */
  readonly aliases: readonly string[];
  /** Keys of --api-key; see `ServerContext.keys` for all of them. */
  readonly apiKeys: readonly string[];
  /** Origins from which browsers may send requests; `*` is any. */
  readonly corsOrigins: readonly string[];
  /** Addresses and networks of proxies whose word on the origin of requests is trusted. */
  readonly trustedProxies: readonly string[];
  /** The longest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** How long a client may read nothing while data waits for it; 0 is unlimited. */
  readonly writeTimeoutMs: number;
  /** How long a response is kept after it was last used; 0 is unlimited. */
  readonly storeTtlMs: number;
  /** The file in which responses are kept; null for memory. */
  readonly storePath: string | null;
  /** The folder with the page of the console; null for none. */
  readonly consolePath: string | null;
  /** How long `/v1/usage` remembers; 0 is not at all. */
  readonly usageRetentionMs: number;
}

/** What operators can do with the process to which the server belongs. */
export interface Operations {
  /** Ends the process as SIGTERM does: nothing new is accepted, and running generations may finish. */
  readonly drain: () => void;
  readonly loadTests: LoadTests;
}

/** What all routes work with, wherever answers are generated. */
export interface LineContext {
  readonly line: RequestLine;
  readonly announcer: QueueAnnouncer;
  readonly totals: Totals;
  readonly metrics: Metrics;
  readonly usage: UsageBook;
  readonly history: RecentHistory;
  readonly machine: MeteredMachine;
  readonly options: ServerOptions;
  /** The accepted keys. */
  readonly keys: KeyRing;
  /** Their limits over time. */
  readonly rates: RateLimiter;
  readonly clock: Clock;
  readonly connectionLimits: ConnectionLimits;
  /** What all request bodies may take together until they are read. */
  readonly bodyMemoryBytes: number;
  /** Null where the process is not the server's own. */
  readonly operations: Operations | null;
  /** This package's version. */
  readonly version: string;
}

/** What the routes work with if this server generates. */
export interface ServerContext extends LineContext {
  readonly models: ServedModels;
  /** Where responses and conversations are stored. */
  readonly storage: Storage;
}

/** What the routes work with if other servers generate. */
export interface RelayContext extends LineContext {
  readonly relay: Relay;
}
