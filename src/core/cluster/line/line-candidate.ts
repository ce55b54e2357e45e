import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Bucket } from '../../bus/bucket.js';
import type { Services } from '../../scheduler/keyed-jobs.js';
import type { Peer } from '../channel/peer.js';
import { decodeEntry, encodeEntry, keys } from '../entries.js';
import { FadingModels } from '../fading-models.js';
import { Lease } from '../lease.js';
import { LineSettings } from '../line-settings.js';
import type { Members } from '../members.js';
import { type frontEntry, type nodeEntry, servicesEntry } from '../messages.js';
import { LineHolder } from './line-holder.js';

export interface LineCandidateOptions {
  readonly peer: Peer;
  /** The bucket of leases and settings. */
  readonly bucket: Bucket;
  readonly nodes: Members<typeof nodeEntry>;
  readonly fronts: Members<typeof frontEntry>;
  readonly clock: Clock;
  /** See `LeaseOptions`. */
  readonly firstNumber: () => number;
  readonly patienceMs: number;
  readonly onHolding?: (model: string, isHeld: boolean) => void;
}

/** How often the services of keys are written, in milliseconds. What came since then is lost with the holder. */
const saveMs = 2000;

/** A process that would hold the line of a model, and does while it has the lease. */
export class LineCandidate {
  readonly #model: string;
  readonly #options: LineCandidateOptions;
  readonly #settings: LineSettings;
  readonly #lease: Lease;
  #holder: LineHolder | null = null;
  /** As the holder before has left them. */
  #services: Services | null = null;
  #cancelSaving: CancelTimer = () => undefined;
  #saved = '';

  constructor(model: string, options: LineCandidateOptions) {
    this.#model = model;
    this.#options = options;
    this.#settings = new LineSettings(options.bucket, model, options.clock);
    this.#settings.changes((settings) => {
      this.#holder?.configure(settings);
    });
    this.#lease = new Lease({
      ...{ bucket: options.bucket, key: keys.lease(model), peer: options.peer.id, clock: options.clock },
      firstNumber: options.firstNumber,
      patienceMs: options.patienceMs,
      describe: () => ({ running: this.#holder?.running ?? 0, waiting: this.#holder?.waiting ?? 0 }),
      prepare: async () => {
        this.#services = await this.#readServices();
      },
      onGained: (number) => {
        this.#begin(number);
      },
      onLost: () => {
        this.#end();
      },
    });
  }

  get isHolding(): boolean {
    return this.#holder !== null;
  }

  /** Whether requests run or wait in the line that it holds. */
  get isBusy(): boolean {
    return this.#holder !== null && this.#holder.running + this.#holder.waiting > 0;
  }

  async stop(): Promise<void> {
    this.#save();
    this.#end();
    this.#settings.stop();
    await this.#lease.release();
  }

  #begin(lease: number): void {
    const { peer, nodes, fronts, clock, onHolding } = this.#options;
    const settings = this.#settings.current;
    const services = this.#services;
    this.#holder = new LineHolder({ model: this.#model, lease, peer, nodes, fronts, settings, services, clock });
    onHolding?.(this.#model, true);
    this.#saveLater();
  }

  #end(): void {
    this.#cancelSaving();
    if (this.#holder === null) return;
    this.#holder.stop();
    this.#holder = null;
    this.#options.onHolding?.(this.#model, false);
  }

  async #readServices(): Promise<Services | null> {
    try {
      const entry = await this.#options.bucket.get(keys.services(this.#model));
      const read = entry === null ? null : decodeEntry(servicesEntry, entry.value);
      return read?.type === 'entry' ? read.value.services : null;
    } catch {
      // Better a line in which all keys begin anew than none.
      return null;
    }
  }

  #saveLater(): void {
    this.#cancelSaving = this.#options.clock.schedule(saveMs, () => {
      this.#save();
      this.#saveLater();
    });
  }

  #save(): void {
    const services = this.#holder?.services ?? null;
    const text = JSON.stringify(services);
    if (services === null || text === this.#saved) return;
    this.#saved = text;
    this.#options.bucket.put(keys.services(this.#model), encodeEntry({ services })).catch(() => undefined);
  }
}

/** The candidates of one process: one for each model that nodes have, or had not long ago. */
export class LineCandidates {
  readonly #candidates = new Map<string, LineCandidate>();
  readonly #fading: FadingModels;
  readonly #unsubscribe: () => void;

  constructor(options: LineCandidateOptions) {
    this.#fading = new FadingModels({
      clock: options.clock,
      isNeeded: (name) => this.#candidates.get(name)?.isBusy === true,
      forget: (name) => {
        void this.#candidates.get(name)?.stop();
        this.#candidates.delete(name);
      },
    });
    const follow = (): void => {
      const models = new Set(Array.from(options.nodes.all.values(), ({ model }) => model));
      for (const model of models) {
        if (!this.#candidates.has(model)) this.#candidates.set(model, new LineCandidate(model, options));
      }
      for (const name of this.#candidates.keys()) this.#fading.see(name, models.has(name));
    };
    this.#unsubscribe = options.nodes.changes(follow);
    follow();
  }

  /** Models whose lines this process holds. */
  get held(): readonly string[] {
    return [...this.#candidates].filter(([, { isHolding }]) => isHolding).map(([model]) => model);
  }

  /** Others take the lines at once. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#fading.stop();
    await Promise.all(Array.from(this.#candidates.values(), (candidate) => candidate.stop()));
  }
}
