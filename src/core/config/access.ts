import type { ReserveSettings } from '../scheduler/fairness/reserves.js';
import type { TrafficClass } from '../scheduler/jobs/traffic-class.js';
import type { KeySettings } from './key-settings.js';

/** Who may use the server, and for whom places are reserved, according to a configuration file. */
export interface Access {
  readonly keys: readonly KeySettings[];
  /**
   * What requests without a key may do; null if each request needs one, or if there are no keys. Its digest is empty.
   */
  readonly anonymous: KeySettings | null;
  /** Places that only requests of a class may use. */
  readonly classReserves: ReadonlyMap<TrafficClass, number>;
}

/** The keys and classes for which places are reserved. */
export function reservesOf({ keys, classReserves }: Access): ReserveSettings {
  return { terms: new Map(keys.map(({ name, terms }) => [name, terms])), classReserves };
}
