import { connect } from 'node:net';
import { systemClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { member } from '../base/json.js';
import { networkReasons } from '../base/network-reasons.js';

/** How often a reason is looked for while the connection is lost, in milliseconds. */
const lookEveryMs = 5000;

/** How long a server has to accept a connection, in milliseconds. */
const acceptWithinMs = 2000;

/**
 * Finds out why a lost connection to NATS cannot be opened again. The client tries again and again, but does not say why
 * it fails.
 */
export class NatsOutage {
  readonly #servers: readonly string[];
  readonly #onReason: (reason: string) => void;
  /** Changes with each outage; null while there is none. */
  #current: object | null = null;
  #told: string | null = null;

  /**
   * @param servers each as `host:port`
   * @param onReason called during an outage, once the reason is known, and each time that it changes
   */
  constructor(servers: readonly string[], onReason: (reason: string) => void) {
    this.#servers = servers;
    this.#onReason = onReason;
  }

  get isOn(): boolean {
    return this.#current !== null;
  }

  begin(): void {
    if (this.#current !== null) return;
    this.#told = null;
    this.#current = {};
    void this.#look(this.#current);
  }

  end(): void {
    this.#current = null;
  }

  /** A server has said why it accepts no connection. */
  tell(reason: string): void {
    if (this.#current === null || this.#told === reason) return;
    this.#told = reason;
    this.#onReason(reason);
  }

  async #look(outage: object): Promise<void> {
    const reason = await whyUnreachable(this.#servers);
    if (this.#current !== outage) return;
    if (reason !== null) this.tell(reason);
    systemClock.schedule(lookEveryMs, () => {
      if (this.#current === outage) void this.#look(outage);
    });
  }
}

/**
 * Why a connection failed, in words that continue a sentence.
 *
 * @param error of the client, or of the system
 */
export function connectionReason(error: unknown): string {
  const code = member(error, 'code') ?? member(member(error, 'cause'), 'code');
  if (error instanceof Error && error.name === 'TimeoutError') return 'it does not answer';
  return networkReasons[String(code)] ?? messageOf(error);
}

/** Null if one of them accepts connections. */
async function whyUnreachable(servers: readonly string[]): Promise<string | null> {
  const reasons = await Promise.all(servers.map(async (server) => ({ server, reason: await whyNot(server) })));
  if (reasons.some(({ reason }) => reason === null)) return null;
  return reasons.map(({ server, reason }) => `${server}: ${reason ?? ''}`).join('; ');
}

/** Null if it accepts connections. */
function whyNot(server: string): Promise<string | null> {
  const { hostname, port } = new URL(`nats://${server}`);
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const socket = connect({ host, port: Number(port), timeout: acceptWithinMs });
    socket.unref();
    const finish = (reason: string | null): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.on('connect', () => {
      finish(null);
    });
    socket.on('timeout', () => {
      finish('it does not answer');
    });
    socket.on('error', (error) => {
      finish(connectionReason(error));
    });
  });
}
