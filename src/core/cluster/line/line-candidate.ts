import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Bucket } from '../../bus/bucket.js';
import type { Services } from '../../scheduler/fairness/keyed-jobs.js';
import type { Peer } from '../channel/peer.js';
import { keys } from '../entries.js';
import { FadingModels } from '../fading-models.js';
import { Lease } from '../lease.js';
import { LineSettings } from '../line-settings.js';
import type { Members } from '../members.js';
import type { frontEntry, nodeEntry } from '../messages.js';
import { LineHolder } from './line-holder.js';
import { SavedServices } from './saved-services.js';

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

/** How often the services of keys are written, in milliseconds. Later changes are lost with the holder. */
const saveMs = 2000;

/** A process that is ready to hold the line of a model, and does so while it has the lease. */
export class LineCandidate {
  readonly #model: string;
  readonly #options: LineCandidateOptions;
  readonly #settings: LineSettings;
  readonly #savedServices: SavedServices;
  readonly #lease: Lease;
  #holder: LineHolder | null = null;
  /** As the previous holder has left them. */
  #services: Services | null = null;
  #cancelSaving: CancelTimer = () => undefined;

  constructor(model: string, options: LineCandidateOptions) {
    this.#model = model;
    this.#options = options;
    this.#settings = new LineSettings(options.bucket, model, options.clock);
    this.#settings.changes((settings) => {
      this.#holder?.configure(settings);
    });
    this.#savedServices = new SavedServices(options.bucket, model);
    this.#lease = new Lease({
      ...{ bucket: options.bucket, key: keys.lease(model), peer: options.peer.id, clock: options.clock },
      firstNumber: options.firstNumber,
      patienceMs: options.patienceMs,
      describe: () => ({ running: this.#holder?.running ?? 0, waiting: this.#holder?.waiting ?? 0 }),
      prepare: async () => {
        this.#services = await this.#savedServices.read();
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
    const saving = this.#save();
    this.#end();
    this.#settings.stop();
    await saving;
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

  #saveLater(): void {
    this.#cancelSaving = this.#options.clock.schedule(saveMs, () => {
      void this.#save();
      this.#saveLater();
    });
  }

  async #save(): Promise<void> {
    const holder = this.#holder;
    const services = holder?.services ?? null;
    if (services !== null) await this.#savedServices.save(services, () => this.#holder === holder);
  }
}

/** The candidates of one process: one for each model that nodes have, or had until recently. */
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
