import { plural } from './numbers.js';

/** Where the slots that limit a server's max-concurrency are: its own, its upstreams', or those of a cluster's nodes. */
export type SlotsAt = 'server' | 'upstreams' | 'nodes';

interface SlotWords {
  /** The existing slots, as the beginning of a sentence. */
  readonly has: (slots: number) => string;
  /** The same within a sentence. */
  readonly all: (slots: number) => string;
  /** How to get this many, as the beginning of a sentence. */
  readonly raise: (slots: number) => string;
  /** So many, as what something needs. */
  readonly need: (slots: number) => string;
}

const ofUpstreams = 'slots= in serve --upstream, or more upstreams';
const ofNodes = 'chatstream node --slots, or more nodes';

const words: Readonly<Record<SlotsAt, SlotWords>> = {
  server: {
    has: (slots) => `The server has ${plural(slots, 'slot')}`,
    all: (slots) => `the server's ${plural(slots, 'slot')}`,
    raise: (slots) => `Start the server with --slots ${slots}`,
    need: (slots) => `as many slots at the server (--slots ${slots})`,
  },
  upstreams: {
    has: (slots) => `The server's upstreams have ${plural(slots, 'place')}`,
    all: (slots) => `the ${plural(slots, 'place')} of the server's upstreams`,
    raise: (slots) => `Give the server's upstreams ${plural(slots, 'place')} in all (${ofUpstreams})`,
    need: () => `as many places at the server's upstreams (${ofUpstreams})`,
  },
  nodes: {
    has: (slots) => `The cluster's nodes have ${plural(slots, 'slot')}`,
    all: (slots) => `the ${plural(slots, 'slot')} of the cluster's nodes`,
    raise: (slots) => `Give the cluster's nodes ${plural(slots, 'slot')} in all (${ofNodes})`,
    need: () => `as many slots at the cluster's nodes (${ofNodes})`,
  },
};

export function slotWords(at: SlotsAt): SlotWords {
  return words[at];
}

/** What `GET /v1/queue` and results say; a server that says nothing has slots of its own. */
export function slotsAtOf(value: unknown): SlotsAt {
  return value === 'upstreams' || value === 'nodes' ? value : 'server';
}
