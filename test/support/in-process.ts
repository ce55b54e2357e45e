import { Emitter } from '../../src/core/base/emitter.js';
import { messageOf } from '../../src/core/base/errors.js';
import type { Engine, EngineInfo, EngineState, ServingEngine } from '../../src/core/engine/engine.js';

/** An engine in this process with the state of an engine that never dies, for tests in virtual time. */
export function inProcess(engine: Engine): ServingEngine {
  const states = new Emitter<EngineState>();
  let state: EngineState = { status: 'starting' };

  function changeTo(next: EngineState): void {
    state = next;
    states.emit(next);
  }

  return {
    rounds: engine.rounds,
    states: states.subscribe,
    get state() {
      return state;
    },
    async start(): Promise<EngineInfo> {
      try {
        const info = await engine.start();
        changeTo({ status: 'ready', info });
        return info;
      } catch (thrown) {
        changeTo({ status: 'failed', reason: messageOf(thrown) });
        throw thrown;
      }
    },
    prepare: (source, demands, signal) => engine.prepare(source, demands, signal),
    tokenize: (text, options, signal) => engine.tokenize(text, options, signal),
    detokenize: (tokens, signal) => engine.detokenize(tokens, signal),
    spell: (tokens, signal) => engine.spell(tokens, signal),
    generate: (spec) => {
      engine.generate(spec);
    },
    cancel: (id) => {
      engine.cancel(id);
    },
    async stop() {
      changeTo({ status: 'stopped' });
      await engine.stop();
    },
  };
}
