import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Authenticator, ConnectionOptions, NatsConnection, TlsOptions } from '@nats-io/transport-node';
import { systemClock } from '../base/clock.js';
import { Emitter } from '../base/emitter.js';
import { ChatstreamError, messageOf } from '../base/errors.js';
import { readProblem } from '../base/files/file-errors.js';
import { RecentlyUsed } from '../base/recently-used.js';
import type { Bus, BusStatus, Obstacle } from './bus.js';
import type { ClusterAddress } from './cluster-address.js';
import { connectError } from './connect-error.js';
import { guardedBus, quietMs } from './guarded-bus.js';
import { maxPayloadBytesOf, openNatsBucket } from './nats-bucket.js';
import { connectionReason, greeting, isRefusal, NatsOutage, type Trial } from './nats-outage.js';

/** How to reach NATS. */
export interface NatsOptions {
  readonly address: ClusterAddress;
  /** File with a user's JWT and key, in the format of `nsc`; null: none. */
  readonly credentialsPath: string | null;
  /** File with certificates of authorities to trust, in PEM; null: those of the system. */
  readonly caPath: string | null;
  /** Files with the certificate that this client presents, in PEM, and its key; null: none. */
  readonly certificate: { readonly certPath: string; readonly keyPath: string } | null;
  /** The name of this connection in the server's lists. */
  readonly name: string;
}

/** A server that restarts is back within a second or two. */
const reconnectEveryMs = 500;

/** How long the first server may take to greet this client, and then to accept it. */
const connectWithinMs = 5000;

/** How long an attempt to connect may take that finds out why there is no connection. */
const tryWithinMs = 2000;

/** Errors that are remembered, so that each is reported once in a while. */
const mostErrors = 1000;

/** How often the connection is tested, and how many tests in a row may fail: a dead peer is noticed after 15 s. */
const ping = { pingInterval: 5000, maxPingOut: 2 } as const;

/**
 * Connects to NATS. The client is loaded here, so that nothing else has to wait for it.
 *
 * @throws ChatstreamError `cluster_unavailable` if there is no greeting within 5 s, or no connection within 5 more, `usage` if a file cannot be read or used
 */
export async function connectNats(options: NatsOptions): Promise<Bus> {
  const { address, name, certificate } = options;
  const credentials = await fileOf(options.credentialsPath);
  const tls = tlsOf(address, {
    ca: await fileOf(options.caPath),
    cert: await fileOf(certificate?.certPath ?? null),
    key: await fileOf(certificate?.keyPath ?? null),
  });
  const nats = await import('@nats-io/transport-node');
  const login =
    credentials === null
      ? given({ user: address.user, pass: address.password, token: address.token })
      : { authenticator: signer(nats.credsAuthenticator(credentials), options.credentialsPath) };
  const settings: ConnectionOptions = {
    ...{
      servers: [...address.servers],
      name,
      timeout: connectWithinMs,
      reconnectTimeWait: reconnectEveryMs,
      ...ping,
      ...login,
    },
    maxReconnectAttempts: -1,
    // A server that restarts and loads its accounts late must not end an agent for good.
    ignoreAuthErrorAbort: true,
    ...(tls === undefined ? {} : { tls }),
  };
  const connection = await oneGreets(address.servers)
    .then(() => nats.connect(settings))
    .catch((error: unknown) => {
      throw connectError(options, error);
    });
  const tryOut: Trial = async (server) => {
    try {
      const tried = await nats.connect({ ...settings, servers: [server], timeout: tryWithinMs, reconnect: false });
      await tried.close();
      return null;
    } catch (error) {
      return { reason: connectionReason(error), isRefusal: isRefusal(error) };
    }
  };
  return busOf(connection, (onObstacle) => new NatsOutage(address.servers, tryOut, onObstacle));
}

/** @throws the error of the first server, if none of them greets this client in time */
async function oneGreets(servers: readonly string[]): Promise<void> {
  const attempts = servers.map((server) => greeting(server, connectWithinMs));
  await Promise.any(attempts).catch(() => attempts[0]);
}

/**
 * Tries the credentials, which the client reads only when it connects.
 *
 * @throws ChatstreamError `usage` if there are none in the file
 */
function signer(authenticator: Authenticator, path: string | null): Authenticator {
  try {
    authenticator('any challenge');
  } catch (error) {
    throw new ChatstreamError('usage', `${path ?? ''} is not a credentials file of NATS: ${messageOf(error)}.`, {
      hint: 'Such a file has the JWT of a user and its key, as nsc writes them.',
      cause: error,
    });
  }
  return authenticator;
}

/** Undefined: the server decides whether there is TLS. */
function tlsOf(
  { tls, servers }: ClusterAddress,
  files: Readonly<Record<'ca' | 'cert' | 'key', Buffer | null>>,
): TlsOptions | undefined {
  const { ca, cert, key } = files;
  if (!tls && ca === null && cert === null) return undefined;
  const [host = ''] = (servers[0] ?? '').split(/:\d+$/);
  // For a server without a name, the client checks the certificate against "localhost", unless it is given the address.
  const byNumber = servers.length === 1 && isIP(host) !== 0 ? { host } : {};
  const texts = given({ ca: textOf(ca), cert: textOf(cert), key: textOf(key) });
  return { ...texts, ...byNumber };
}

function textOf(file: Buffer | null): string | null {
  return file === null ? null : file.toString('utf8');
}

async function fileOf(path: string | null): Promise<Buffer | null> {
  if (path === null) return null;
  return readFile(path).catch((error: unknown) => {
    throw new ChatstreamError('usage', readProblem('certificates or credentials of NATS', path, error), {
      cause: error,
    });
  });
}

/** What is not null. */
function given<Name extends string>(values: Readonly<Record<Name, string | null>>): Partial<Record<Name, string>> {
  const known: Partial<Record<Name, string>> = {};
  for (const name in values) {
    const value = values[name];
    if (value !== null) known[name] = value;
  }
  return known;
}

type NewOutage = (onObstacle: (obstacle: Obstacle) => void) => NatsOutage;

function busOf(connection: NatsConnection, newOutage: NewOutage): Bus {
  const status = new Emitter<BusStatus>();
  void report(connection, newOutage, status);
  return guardedBus(unguardedBusOf(connection, status), systemClock, (fault) => {
    status.emit({ type: 'fault', ...fault });
  });
}

function unguardedBusOf(connection: NatsConnection, status: Emitter<BusStatus>): Bus {
  const beginnings = new Set<Promise<unknown>>();
  const reading = (beginning: Promise<unknown>): void => {
    const settled = beginning
      .catch(() => undefined)
      .finally(() => {
        beginnings.delete(settled);
      });
    beginnings.add(settled);
  };
  return {
    get maxPayloadBytes() {
      return maxPayloadBytesOf(connection);
    },
    publish(subject, data) {
      if (!connection.isClosed()) connection.publish(subject, data);
    },
    subscribe(subject, onMessage) {
      const subscription = connection.subscribe(subject, {
        // Problems of a subscription are also reported as a status.
        callback: (error, message) => {
          if (error !== null) return;
          const reply = (data: Uint8Array): void => {
            if (!connection.isClosed()) message.respond(data);
          };
          onMessage({ data: message.data, reply });
        },
      });
      return () => {
        subscription.unsubscribe();
      };
    },
    request: (subject, data, timeout) =>
      connection.request(subject, data, { timeout }).then(
        (message) => message.data,
        (error: unknown) => {
          // The message was not sent, for example because it is too long.
          if (error instanceof Error && error.name === 'InvalidArgumentError') throw error;
          // Without a subscriber, after a time-out, or without a connection, there is no answer.
          return null;
        },
      ),
    bucket: (name, bucketOptions) =>
      openNatsBucket({ connection, onStatus: status.subscribe, reading }, name, bucketOptions),
    onStatus: status.subscribe,
    async close() {
      // Draining waits for the server, which may be unreachable.
      await Promise.race([Promise.allSettled([connection.flush(), allOf(beginnings)]), after(1000)]);
      await connection.close();
    },
  };
}

/** Resolves when a set is empty whose promises leave it when they are settled, and never reject. */
async function allOf(promises: ReadonlySet<Promise<unknown>>): Promise<void> {
  while (promises.size > 0) await Promise.all(promises);
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/** Reports until the connection is closed. */
async function report(connection: NatsConnection, newOutage: NewOutage, status: Emitter<BusStatus>): Promise<void> {
  const outage = newOutage((obstacle) => {
    status.emit({ type: 'unreachable', ...obstacle });
  });
  const errorsToldMs = new RecentlyUsed<number>(mostErrors);
  for await (const event of connection.status()) {
    if (event.type === 'disconnect') {
      // The client also reports each attempt that was refused.
      if (!outage.isOn) status.emit({ type: 'lost' });
      outage.begin();
    } else if (event.type === 'reconnect') {
      if (outage.isOn) status.emit({ type: 'back' });
      outage.end();
    } else if (event.type === 'error') {
      const { message } = event.error;
      const nowMs = systemClock.now();
      if (outage.isOn) outage.hear(message);
      else if (nowMs - (errorsToldMs.get(message) ?? -Infinity) > quietMs) {
        errorsToldMs.set(message, nowMs);
        status.emit({ type: 'error', message });
      }
    }
  }
  outage.end();
}
