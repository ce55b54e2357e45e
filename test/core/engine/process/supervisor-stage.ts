import { ChatstreamError } from '../../../../src/core/base/errors.js';
import type { EngineState, GenerationEvent } from '../../../../src/core/engine/engine.js';
import type { StartFallback } from '../../../../src/core/engine/process/device-fallback.js';
import type { HangLimits } from '../../../../src/core/engine/process/hang-watch.js';
import type { Tenacity } from '../../../../src/core/engine/process/restart-policy.js';
import type { EngineHang } from '../../../../src/core/engine/process/supervised-engine.js';
import { Supervisor } from '../../../../src/core/engine/process/supervisor.js';
import type { ProcessRole } from '../../../../src/core/engine/process-role.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { FakeChild } from './fake-child.js';

/** The error of children that cannot start. */
export const noModel = new ChatstreamError('model_unreadable', 'There is no model.', { hint: 'Bring one.' });

const hangLimits: HangLimits = { silenceMs: 60_000, roundMs: () => 120_000 };

/** A supervisor with {@link FakeChild}ren in virtual time. */
export interface Stage {
  readonly clock: VirtualClock;
  readonly supervisor: Supervisor;
  readonly children: readonly FakeChild[];
  readonly states: readonly EngineState[];
  readonly events: readonly GenerationEvent[];
  readonly hangs: readonly EngineHang[];
  /** Whether children crash while they start, from now on. */
  readonly setCrashes: (crash: boolean) => void;
  /** Whether children start from now on. */
  readonly setStarts: (succeed: boolean) => void;
  /** Children launched from now on die while they work on this prompt. */
  readonly setPoison: (text: string) => void;
  /** The child that was launched last. */
  readonly child: () => FakeChild;
}

export interface StageOptions {
  readonly clock?: VirtualClock;
  readonly role?: ProcessRole;
  readonly tenacity?: Tenacity;
  readonly fallback?: StartFallback;
}

export function stage(options: StageOptions = {}): Stage {
  const { clock = new VirtualClock(), role = 'engine', tenacity = 'gives_up', fallback } = options;
  const children: FakeChild[] = [];
  const states: EngineState[] = [];
  const events: GenerationEvent[] = [];
  const hangs: EngineHang[] = [];
  let startError: ChatstreamError | undefined;
  let poison: string | null = null;
  let crashes = false;
  const launch = (): FakeChild => {
    const child = new FakeChild(children.length + 1, clock, startError);
    child.role = role;
    child.poison = poison;
    child.crashesAtStart = crashes;
    children.push(child);
    return child;
  };
  const supervisor = new Supervisor(
    { role, launch, hangLimits, tenacity, ...(fallback !== undefined && { fallback }) },
    clock,
  );
  supervisor.states((state) => states.push(state));
  supervisor.hangs((hang) => hangs.push(hang));
  supervisor.rounds((round) => events.push(...round.events));
  return {
    clock,
    supervisor,
    children,
    states,
    events,
    hangs,
    setCrashes: (crash) => {
      crashes = crash;
    },
    setStarts: (succeed) => {
      startError = succeed ? undefined : noModel;
    },
    setPoison: (text) => {
      poison = text;
    },
    child: () => {
      const last = children.at(-1);
      if (last === undefined) throw new Error('No child was launched.');
      return last;
    },
  };
}

export function statuses(states: readonly EngineState[]): string[] {
  return states.map((state) => (state.status === 'restarting' ? `restarting ${state.attempt}` : state.status));
}
