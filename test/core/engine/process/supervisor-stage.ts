import { ChatstreamError } from '../../../../src/core/base/errors.js';
import type { EngineState, GenerationEvent } from '../../../../src/core/engine/engine.js';
import type { HangLimits } from '../../../../src/core/engine/process/hang-watch.js';
import { type EngineHang, Supervisor } from '../../../../src/core/engine/process/supervisor.js';
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
  /** Whether children start from now on. */
  readonly setStarts: (succeed: boolean) => void;
  /** The child that was launched last. */
  readonly child: () => FakeChild;
}

export function stage(): Stage {
  const clock = new VirtualClock();
  const children: FakeChild[] = [];
  const states: EngineState[] = [];
  const events: GenerationEvent[] = [];
  const hangs: EngineHang[] = [];
  let startError: ChatstreamError | undefined;
  const supervisor = new Supervisor(
    () => {
      const child = new FakeChild(children.length + 1, clock, startError);
      children.push(child);
      return child;
    },
    hangLimits,
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
    setStarts: (succeed) => {
      startError = succeed ? undefined : noModel;
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
