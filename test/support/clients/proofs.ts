import type { ClientId, Feature } from './catalogue.js';

/** That a feature works with a client, if the test passes that says so. */
export interface Proof {
  readonly client: ClientId;
  readonly feature: Feature;
}

declare module 'vitest' {
  interface TaskMeta {
    /** What the test proves; the tables in docs/clients.md are made of it. */
    clientProofs?: readonly Proof[];
  }
}

interface ProvingOptions {
  readonly meta: { readonly clientProofs: readonly Proof[] };
}

/** Options of a test that tries features of a client. */
export function proves(client: ClientId, ...tried: readonly [Feature, ...Feature[]]): ProvingOptions {
  return provesAll(tried.map((feature) => ({ client, feature })));
}

export function provesAll(clientProofs: readonly Proof[]): ProvingOptions {
  return { meta: { clientProofs } };
}
