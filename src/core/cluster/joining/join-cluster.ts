import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import { ChatstreamError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { Opened } from '../../base/opened.js';
import type { Bucket } from '../../bus/bucket.js';
import type { Bus, BusStatus } from '../../bus/bus.js';
import { schemaVersion } from '../channel/envelope.js';
import { Peer } from '../channel/peer.js';
import { buckets, keys } from '../entries.js';
import { LineCandidates } from '../line/line-candidate.js';
import { Announcement, Members } from '../members.js';
import { frontEntry, nodeEntry } from '../messages.js';

export interface MembershipOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Fronts are asked first to hold lines, because their messages to their own line do not go over the network. */
  readonly role: 'front' | 'node';
  /** For tests; by default a unique name. */
  readonly id?: string;
}

/** A process that takes part in a cluster. */
export interface Membership {
  readonly peer: Peer;
  /** The bucket of members. */
  readonly members: Bucket;
  /** The bucket of leases and settings. */
  readonly lines: Bucket;
  readonly nodes: Members<typeof nodeEntry>;
  /** Models whose lines this process holds. */
  readonly heldLines: readonly string[];
  announceFront(name: string, load: { readonly running: number; readonly waiting: number }): Announcement;
  /** Gives up what it holds, and closes the bus. */
  leave(): Promise<void>;
}

/** NATS must accept messages of this many bytes: the description of a node may have 6,000. */
const leastPayloadBytes = 8192;

/** How long nodes leave a free line to fronts, in milliseconds: as long as a front takes to check again. */
const nodePatienceMs = 250;

/**
 * Joins a cluster. Whatever else the process does, it may come to hold lines.
 *
 * @throws ChatstreamError `cluster_unavailable`
 */
export async function joinCluster({ bus, clock, logger, role, id = newId() }: MembershipOptions): Promise<Membership> {
  const { members, lines } = await openBuckets(bus);
  const opened = new Opened();
  opened.add(bus, (each) => each.close());
  // Subscribed before the peer, so that this is known when the peer reports that NATS is unavailable.
  let isLost = false;
  bus.onStatus((status) => {
    if (status.type === 'lost' || status.type === 'back') isLost = status.type === 'lost';
    logStatus(status, logger);
  });
  const peer = opened.add(new Peer({ bus, id, clock }), (each) => {
    each.close();
  });
  const nodes = new Members(members, keys.nodes, nodeEntry, clock);
  const fronts = new Members(members, keys.fronts, frontEntry, clock);
  opened.add([nodes, fronts], (both) => {
    for (const each of both) each.stop();
  });
  const candidates = new LineCandidates({
    ...{ peer, bucket: lines, nodes, fronts, clock },
    patienceMs: role === 'front' ? 0 : nodePatienceMs,
    firstNumber: () => Math.floor(Date.now() / 1000),
    onHolding: (model, isHeld) => {
      logger.info(
        { model },
        isHeld ? 'this process holds the line of the model' : 'this process no longer holds the line',
      );
    },
  });
  opened.add(candidates, (each) => each.stop());
  peer.foreigners((version) => {
    logger.error({ version, own: schemaVersion }, 'messages of another version are refused: update the whole cluster');
  });
  for (const kind of [nodes, fronts]) {
    kind.foreigners(({ key, version }) => {
      logger.error({ member: key, version, own: schemaVersion }, 'a member of another version is ignored');
    });
  }
  peer.connection((isConnected) => {
    if (isConnected) logger.info({}, 'NATS is back');
    else {
      const reason = isLost ? 'the connection is lost' : 'nothing has arrived over it for some seconds';
      logger.error({ reason }, 'NATS is unavailable: running generations continue where they can');
    }
  });
  return {
    ...{ peer, members, lines, nodes },
    get heldLines() {
      return candidates.held;
    },
    announceFront: (name, load) =>
      new Announcement(
        members,
        keys.front(id),
        () => ({ id, name, running: load.running, waiting: load.waiting }),
        clock,
      ),
    leave: () => opened.close(),
  };
}

/**
 * Opens the buckets that a cluster keeps in NATS.
 *
 * @throws ChatstreamError `cluster_unavailable`, for example if JetStream is switched off, or messages must be very
 *   short
 */
export async function openBuckets(bus: Bus): Promise<Pick<Membership, 'members' | 'lines'>> {
  if (bus.maxPayloadBytes < leastPayloadBytes) {
    throw new ChatstreamError(
      'cluster_unavailable',
      `NATS takes messages of at most ${bus.maxPayloadBytes} bytes, but a cluster needs ${leastPayloadBytes}.`,
      { hint: 'Raise max_payload in the configuration of nats-server; without it, NATS takes 1 MB.' },
    );
  }
  return {
    members: await bus.bucket(buckets.members.name, buckets.members),
    lines: await bus.bucket(buckets.lines.name, buckets.lines),
  };
}

function logStatus(status: BusStatus, logger: Logger): void {
  switch (status.type) {
    case 'unreachable':
      logger.error(
        { reason: status.reason },
        status.isRefusal
          ? 'NATS refuses the user of this process: check --cluster and --cluster-creds; trying again until NATS accepts it'
          : 'no connection to NATS is possible: trying again until it is back',
      );
      return;
    case 'error':
      logger.error({ reason: status.message }, 'NATS refuses an operation');
      return;
    case 'fault':
      logger.error({ reason: status.message, err: status.error }, 'a message was lost');
      return;
    case 'lost':
    case 'back':
      return;
  }
}

function newId(): string {
  return randomBytes(8).toString('hex');
}
