import type {
  Engine,
  FinishReason,
  GenerationEvent,
  GenerationSpec,
  Round,
  Token,
} from '../../../../src/core/engine/engine.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import { preparePrompt } from '../../../../src/core/engine/mock/prompt.js';
import type { MockEngineOptions } from '../../../../src/core/engine/options.js';
import { greedy } from '../../../support/sampling.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

export const mockOptions: MockEngineOptions = {
  engine: 'mock',
  slots: 4,
  context: 'auto',
  prefillMs: 20,
  tokenMs: 10,
  reply: 'long',
};

/** A generation that answers the user's message. */
export function specOf(id: string, changes: Partial<GenerationSpec> = {}): GenerationSpec {
  return {
    id,
    prompt: userPrompt('hello there'),
    maxTokens: 5,
    sampling: greedy,
    stop: [],
    stopTokens: [],
    minTokens: 0,
    ignoreEos: false,
    format: { type: 'text' },
    marks: [],
    thoughtLimit: null,
    resumeAfter: [],
    ...changes,
  };
}

export function userPrompt(content: string): Token[] {
  return preparePrompt({ type: 'chat', messages: [{ role: 'user', content }] });
}

export interface MockBench {
  readonly engine: Engine;
  readonly clock: VirtualClock;
  /** Every round with its time. */
  readonly rounds: (Round & { readonly atMs: number })[];
  /** `type id` of every event with its time. */
  readonly timeline: () => string[];
  readonly eventsOf: (id: string) => GenerationEvent[];
}

export function mockBench(changes: Partial<MockEngineOptions> = {}): MockBench {
  const clock = new VirtualClock();
  const engine = createMockEngine({ ...mockOptions, ...changes }, clock);
  const rounds: (Round & { atMs: number })[] = [];
  engine.rounds((round) => {
    rounds.push({ ...round, atMs: clock.now() });
  });
  return {
    engine,
    clock,
    rounds,
    timeline: () => rounds.flatMap(({ atMs, events }) => events.map(({ type, id }) => `${atMs} ${type} ${id}`)),
    eventsOf: (id) => rounds.flatMap(({ events }) => events).filter((event) => event.id === id),
  };
}

/** What a client would have received from these events. */
export interface Outcome {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly reason: FinishReason | 'failed' | null;
}

export function outcomeOf(events: readonly GenerationEvent[]): Outcome {
  let text = '';
  let reason: Outcome['reason'] = null;
  const tokens: Token[] = [];
  for (const event of events) {
    if (event.type === 'failed') reason = 'failed';
    if (event.type === 'ended') reason = event.reason;
    if (event.type !== 'token' && event.type !== 'ended') continue;
    text += event.text;
    if (event.token !== null) tokens.push(event.token);
  }
  return { text, tokens, reason };
}

/** Runs one generation to its end in an engine of its own. */
export function answer(options: Partial<MockEngineOptions>, changes: Partial<GenerationSpec>): Outcome {
  const { engine, clock, eventsOf } = mockBench(options);
  engine.generate(specOf('a', changes));
  clock.advance(1_000_000);
  return outcomeOf(eventsOf('a'));
}
