import { connect } from 'node:net';
import { systemClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { member } from '../base/json.js';
import { networkReasons } from '../base/network-reasons.js';
import type { Obstacle } from './bus.js';

/** How often a reason is looked for while the connection is lost, in milliseconds. */
const lookEveryMs = 5000;

/** A server that is being stopped cuts connections off for a moment, before nothing listens any more. In milliseconds. */
const firstLookMs = 200;

/** How long a server has to greet a client, in milliseconds. */
const greetWithinMs = 2000;

/** The client reports a time-out, since a server has greeted it. */
const notLetIn = 'it answers, but does not complete the connection';

/** What Node.js adds to errors about certificates from version 24 on: a flag of its own, where ours are `--cluster-ca` and others. */
const adviceOfNode = /; if the root CA is installed locally.*$/s;

/** Tries to connect to a server that has greeted a client. @returns null if that succeeds */
export type Trial = (server: string) => Promise<Obstacle | null>;

/**
 * Finds out why a lost connection to NATS cannot be opened again. The client tries again and again, but does not say why
 * it fails.
 */
export class NatsOutage {
  readonly #servers: readonly string[];
  readonly #tryOut: Trial;
  readonly #onObstacle: (obstacle: Obstacle) => void;
  /** Changes each time that the reason is looked for; null while there is no outage. */
  #current: object | null = null;
  #told: string | null = null;
  #heard: string | null = null;

  /**
   * @param servers each as `host:port`
   * @param onObstacle called during an outage, once the reason is known, and each time that it changes
   */
  constructor(servers: readonly string[], tryOut: Trial, onObstacle: (obstacle: Obstacle) => void) {
    this.#servers = servers;
    this.#tryOut = tryOut;
    this.#onObstacle = onObstacle;
  }

  get isOn(): boolean {
    return this.#current !== null;
  }

  begin(): void {
    if (this.#current !== null) return;
    this.#told = null;
    this.#heard = null;
    const beginning = {};
    this.#current = beginning;
    systemClock.schedule(firstLookMs, () => {
      if (this.#current === beginning) this.#look();
    });
  }

  end(): void {
    this.#current = null;
  }

  /** A server has sent an error: if it is another one than before, the reason is looked for at once. */
  hear(error: string): void {
    if (this.#current === null || this.#heard === error) return;
    this.#heard = error;
    this.#look();
  }

  #look(): void {
    const look = {};
    this.#current = look;
    void this.#obstacle().then((obstacle) => {
      // The outage is over, or there was a reason to look again.
      if (this.#current !== look) return;
      if (obstacle !== null && obstacle.reason !== this.#told) {
        this.#told = obstacle.reason;
        this.#onObstacle(obstacle);
      }
      systemClock.schedule(lookEveryMs, () => {
        if (this.#current === look) this.#look();
      });
    });
  }

  /** Null if one of the servers can be used. */
  async #obstacle(): Promise<Obstacle | null> {
    const found = await Promise.all(this.#servers.map((server) => this.#obstacleAt(server)));
    const obstacles = found.filter((each) => each !== null);
    if (obstacles.length < found.length) return null;
    return {
      reason: obstacles.map(({ reason }) => reason).join('; '),
      isRefusal: obstacles.some(({ isRefusal }) => isRefusal),
    };
  }

  async #obstacleAt(server: string): Promise<Obstacle | null> {
    const obstacle = await greeting(server, greetWithinMs).then(
      () => this.#tryOut(server),
      (error: unknown) => ({ reason: connectionReason(error), isRefusal: false }),
    );
    return obstacle && { ...obstacle, reason: `${server}: ${obstacle.reason}` };
  }
}

/**
 * Why a connection failed, in words that continue a sentence.
 *
 * @param error of the client, or of the system
 */
export function connectionReason(error: unknown): string {
  const code = member(error, 'code') ?? member(member(error, 'cause'), 'code');
  if (error instanceof Error && error.name === 'TimeoutError') return notLetIn;
  return networkReasons[String(code)] ?? messageOf(error).replace(adviceOfNode, '');
}

/** The client's errors about a user that is unknown or has expired. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && ['AuthorizationError', 'UserAuthenticationExpiredError'].includes(error.name);
}

/**
 * Waits until a server greets a client, as NATS does. The client should be used only then: if its first attempt to connect
 * ends without a greeting, it never closes that connection, and the process does not end.
 *
 * @param server as `host:port`
 * @throws the system's error; one with the code `ETIMEDOUT` if there is no greeting in time
 */
export function greeting(server: string, withinMs: number): Promise<void> {
  const { hostname, port } = new URL(`nats://${server}`);
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const socket = connect({ host, port: Number(port) });
    const finish = (error?: Error): void => {
      cancelTimer();
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const cancelTimer = systemClock.schedule(withinMs, () => {
      finish(Object.assign(new Error('no greeting'), { code: 'ETIMEDOUT' }));
    });
    socket.on('data', () => {
      finish();
    });
    socket.on('error', finish);
    socket.on('end', () => {
      finish(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    });
  });
}
