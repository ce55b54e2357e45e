import { connect } from 'node:net';
import { systemClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { member } from '../base/json.js';
import { networkReasons } from '../base/network-reasons.js';
import type { Obstacle } from './bus.js';

/** How often a reason is looked for while the connection is lost, in milliseconds. */
const lookEveryMs = 5000;

/** How long a server has to greet a client, in milliseconds. */
const greetWithinMs = 2000;

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
    this.#look();
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
    const silence = await whySilent(server);
    // The client is used only where there is an answer: it never closes a connection on which nothing arrives.
    const obstacle = silence === null ? await this.#tryOut(server) : { reason: silence, isRefusal: false };
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
  if (error instanceof Error && error.name === 'TimeoutError') return 'it does not answer';
  return networkReasons[String(code)] ?? messageOf(error);
}

/** Null if the server greets a client, as NATS does. */
function whySilent(server: string): Promise<string | null> {
  const { hostname, port } = new URL(`nats://${server}`);
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const socket = connect({ host, port: Number(port) });
    socket.unref();
    const finish = (reason: string | null): void => {
      cancelTimer();
      socket.destroy();
      resolve(reason);
    };
    const cancelTimer = systemClock.schedule(greetWithinMs, () => {
      finish('it does not answer');
    });
    socket.on('data', () => {
      finish(null);
    });
    socket.on('error', (error) => {
      finish(connectionReason(error));
    });
    socket.on('end', () => {
      finish('it closes the connection');
    });
  });
}
