import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Dialog } from '../ui/dialog.js';
import { bounds, type LoadPlan, startLoadTest } from './load-test.js';
import { operationsWords } from './words.js';

const usual: LoadPlan = { clients: 8, duration_s: 20, output_tokens: 64 };
const fields = ['clients', 'duration_s', 'output_tokens'] as const;

interface Properties {
  /** The names of the models to choose from; with less than two there is nothing to choose. */
  readonly models: readonly string[];
  readonly onClose: () => void;
}

/** Asks how much load is wanted, and starts it. */
export function LoadForm({ models, onClose }: Properties): JSX.Element {
  const words = operationsWords();
  const plan = useSignal<LoadPlan>(models.length < 2 ? usual : { ...usual, model: models[0] ?? '' });
  const problem = useSignal<string | null>(null);
  const start = async (): Promise<void> => {
    problem.value = await startLoadTest(plan.value);
    if (problem.value === null) onClose();
  };
  return (
    <Dialog title={words.load} closeLabel={words.close} onClose={onClose}>
      <form
        class="operations-form"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <p class="quiet">{words.loadText}</p>
        {models.length > 1 && (
          <label>
            {words.model}
            <select
              value={plan.value.model}
              onChange={({ currentTarget: { value: model } }) => {
                plan.value = { ...plan.value, model };
              }}
            >
              {models.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        {fields.map((name) => (
          <label key={name}>
            {words[name]}
            <input
              type="number"
              required
              step={1}
              min={bounds[name].min}
              max={bounds[name].max}
              value={plan.value[name]}
              onInput={({ currentTarget: { valueAsNumber } }) => {
                if (Number.isFinite(valueAsNumber)) plan.value = { ...plan.value, [name]: valueAsNumber };
              }}
            />
          </label>
        ))}
        {problem.value !== null && (
          <p class="bad" role="alert">
            {problem.value}
          </p>
        )}
        <div class="dialog-buttons">
          <button type="button" class="quiet" onClick={onClose}>
            {words.cancel}
          </button>
          <button type="submit" class="primary">
            {words.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
