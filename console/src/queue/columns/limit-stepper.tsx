import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { count } from '../../ui/format.js';
import { type LimitName, turnLimit, wantedValue } from '../limits.js';
import { stepped } from '../steps.js';
import { queueWords } from '../words.js';

interface Properties {
  readonly name: LimitName;
  /** Whose line it is the limit of, where there are several. */
  readonly model?: string;
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Whether the buttons turn it one by one; else in steps that grow with it. */
  readonly byOnes: boolean;
}

/** Turns a limit: with buttons, with the arrow keys in the field, or by typing a number and Enter. */
export function LimitStepper({ name, model, label, value, min, max, byOnes }: Properties): JSX.Element {
  const words = queueWords();
  const limit = { name, model: model ?? null };
  const typed = useSignal<string | undefined>(undefined);
  const current = wantedValue(limit) ?? value;
  const shown = count(current);
  const set = (next: number): void => {
    typed.value = undefined;
    const allowed = Math.min(max, Math.max(min, next));
    if (allowed !== current) turnLimit(limit, allowed);
  };
  const step = (direction: 1 | -1): void => {
    set(byOnes ? current + direction : stepped(current, direction));
  };
  const setTyped = (): void => {
    const digits = typed.value?.replaceAll(',', '') ?? '';
    const number = Number(digits);
    if (digits !== '' && Number.isInteger(number)) set(number);
    typed.value = undefined;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowUp') step(1);
    else if (event.key === 'ArrowDown') step(-1);
    else if (event.key === 'Enter') setTyped();
    else if (event.key === 'Escape') typed.value = undefined;
    else return;
    event.preventDefault();
  };
  return (
    <div class="queue-limit" role="group" aria-label={label} title={label}>
      <button
        aria-label={words.lower}
        disabled={current <= min}
        onClick={() => {
          step(-1);
        }}
      >
        −
      </button>
      <input
        class="figure"
        role="spinbutton"
        inputMode="numeric"
        autocomplete="off"
        aria-label={label}
        aria-valuenow={current}
        aria-valuemin={min}
        aria-valuemax={max}
        style={{ '--digits': String(shown.length) }}
        value={typed.value ?? shown}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onBlur={setTyped}
        onKeyDown={onKeyDown}
      />
      <button
        aria-label={words.raise}
        disabled={current >= max}
        onClick={() => {
          step(1);
        }}
      >
        +
      </button>
    </div>
  );
}
