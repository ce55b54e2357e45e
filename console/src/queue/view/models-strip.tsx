import type { JSX } from 'preact';
import type { WireModel, WireStatus } from '../../api/wire.js';
import { count, duration } from '../../ui/format.js';
import { LimitStepper } from '../columns/limit-stepper.js';
import { limitText } from '../limit-text.js';
import type { LimitName } from '../limits.js';
import { queueWords } from '../words.js';
import { statusText } from './executors-strip.js';

/** Whether models are to be told apart: there are several, or the only one comes and goes. */
export function hasModels({ models }: WireStatus): boolean {
  return models.length > 1 || models.some(({ state }) => state !== 'loaded');
}

/** The line of each model: whether it is in memory, how much runs and waits, and its limits. */
export function ModelsStrip({ status }: { readonly status: WireStatus }): JSX.Element {
  const words = queueWords();
  const { models, executors } = status;
  const isTurned = models.length > 1 && status.may_turn;
  return (
    <ul class="queue-executors queue-models" aria-label={words.models}>
      {models.map((model) => {
        const engine = executors.find(({ name }) => name === model.name)?.status ?? 'ready';
        return (
          <li key={model.name} data-model={model.name} data-status={model.state === 'failed' ? 'down' : engine}>
            <p class="queue-model-head">
              <strong class="queue-executor-name" title={model.name}>
                {model.name}
              </strong>
              <span class="queue-executor-status figure">
                {model.state === 'loaded' ? engine !== 'ready' && statusText(engine, words) : stateText(model, words)}
              </span>
            </p>
            <Line model={model} name="max_concurrency" isTurned={isTurned} />
            <Line model={model} name="max_queue" isTurned={isTurned} />
          </li>
        );
      })}
    </ul>
  );
}

interface LineProperties {
  readonly model: WireModel;
  readonly name: LimitName;
  /** The limit can be turned. */
  readonly isTurned: boolean;
}

function Line({ model, name, isTurned }: LineProperties): JSX.Element {
  const words = queueWords();
  const isQueue = name === 'max_queue';
  const label = limitText(words, { name, model: model.name });
  const limit = isQueue
    ? { value: model.max_queue, min: 0, max: 1_000_000, byOnes: false }
    : { value: model.max_concurrency, min: 1, max: model.slots, byOnes: model.slots <= 64 };
  return (
    <p class="queue-model-line">
      <span>{isQueue ? words.waiting : words.running}</span>
      <span class="figure">
        <strong>{count(isQueue ? model.waiting : model.running)}</strong> {words.of}
        {!isTurned && ` ${count(limit.value)}`}
      </span>
      {isTurned && <LimitStepper name={name} model={model.name} label={label} {...limit} />}
    </p>
  );
}

function stateText({ state, eta_ms, preparing }: WireModel, words: ReturnType<typeof queueWords>): string {
  const time = eta_ms === null ? null : words.expected(duration(eta_ms));
  const requests = preparing === 0 ? null : words.preparing(count(preparing));
  return [modelStateText(state, words), time, requests].filter((text) => text !== null).join(' · ');
}

function modelStateText(state: string, words: ReturnType<typeof queueWords>): string {
  switch (state) {
    case 'unloaded':
    case 'loading':
    case 'unloading':
      return words[state];
    case 'failed':
      return words.loadFailed;
    default:
      return state;
  }
}
