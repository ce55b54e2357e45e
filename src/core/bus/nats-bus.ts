import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { systemClock } from '../base/clock.js';
import { Emitter } from '../base/emitter.js';
import { RecentlyUsed } from '../base/recently-used.js';
import type { Bus, BusStatus, Obstacle } from './bus.js';
import { connectError } from './connect-error.js';
import { guardedBus, quietMs } from './guarded-bus.js';
import { loginOf, type NatsOptions, tlsOf } from './nats-access.js';
import { maxPayloadBytesOf, openNatsBucket } from './nats-bucket.js';
import { connectionReason, greeting, isRefusal, NatsOutage, type Trial } from './nats-outage.js';

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
  const { address, name } = options;
  const nats = await import('@nats-io/transport-node');
  const login = await loginOf(options, nats.credsAuthenticator);
  const tls = await tlsOf(options);
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
