import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { isPlainEnter } from '../../ui/keys.js';
import { Icon } from '../icons.js';

interface ComposerProps {
  readonly draft: Signal<string>;
  readonly label: string;
  readonly sendLabel: string;
  readonly stopLabel: string;
  readonly isRunning: boolean;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
}

/** Enter sends, Shift+Enter begins a new line, Escape stops. */
export function Composer(props: ComposerProps): JSX.Element {
  const { draft, label, isRunning, onSend, onStop } = props;
  const send = (): void => {
    const text = draft.value.trim();
    if (text === '' || isRunning) return;
    draft.value = '';
    onSend(text);
  };
  return (
    <form
      class="chat-composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        rows={1}
        aria-label={label}
        placeholder={label}
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (!isPlainEnter(event)) return;
          event.preventDefault();
          send();
        }}
      />
      {isRunning ? (
        <button
          type="button"
          class="icon chat-stop"
          title={props.stopLabel}
          aria-label={props.stopLabel}
          onClick={onStop}
        >
          <Icon name="stop" />
        </button>
      ) : (
        <button
          type="submit"
          class="icon primary"
          title={props.sendLabel}
          aria-label={props.sendLabel}
          aria-disabled={draft.value.trim() === ''}
        >
          <Icon name="send" />
        </button>
      )}
    </form>
  );
}
