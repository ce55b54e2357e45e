import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { answerKey, keyQuestion } from '../api/key.js';
import { appWords } from './words.js';

/** Asks for the server's key, when the server wants one or the reader wants another. */
export function KeyDialog(): JSX.Element {
  const words = appWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const typed = useSignal('');
  const shown = useSignal(false);
  const question = keyQuestion.value;
  useEffect(() => {
    if (question.status === 'asked') dialog.current?.showModal();
    else dialog.current?.close();
    typed.value = '';
  }, [question, typed]);

  const refused = question.status === 'asked' && question.refused;
  return (
    <dialog
      ref={dialog}
      class="key-dialog"
      aria-labelledby="key-title"
      onCancel={() => {
        answerKey(undefined);
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.value.trim() !== '') answerKey(typed.value.trim());
        }}
      >
        <h2 id="key-title">{words.keyTitle}</h2>
        <p id="key-text">{words.keyText}</p>
        {refused && (
          <p class="bad" role="alert">
            {words.keyWrong}
          </p>
        )}
        <label for="key-field">{words.keyLabel}</label>
        <input
          id="key-field"
          {...(shown.value ? { type: 'text' } : { type: 'password' })}
          autocomplete="off"
          spellcheck={false}
          aria-describedby="key-text"
          aria-invalid={refused}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={shown.value}
            onInput={(event) => (shown.value = event.currentTarget.checked)}
          />
          {words.keyShow}
        </label>
        <div class="buttons">
          <button
            type="button"
            class="quiet"
            onClick={() => {
              answerKey(undefined);
            }}
          >
            {words.keyCancel}
          </button>
          <button type="submit" class="primary">
            {words.keyUse}
          </button>
        </div>
      </form>
    </dialog>
  );
}
