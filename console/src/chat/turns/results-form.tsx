import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Turn } from '../conversation/conversation.js';
import { focusTurns } from '../panes/focus.js';
import type { Pane } from '../panes/pane.js';
import { chatWords } from '../words.js';

interface ResultsProps {
  readonly pane: Pane;
  readonly reply: Extract<Turn, { type: 'reply' }>;
}

/** The reader is the tool: what is typed here is the result of a call. */
export function ResultsForm({ pane, reply }: ResultsProps): JSX.Element | null {
  const words = chatWords();
  const typed = useSignal<Readonly<Record<string, string>>>({});
  const calls = reply.answer.parts.filter((part) => part.type === 'call');
  if (calls.length === 0) return null;
  return (
    <form
      class="chat-results-form"
      onSubmit={(event) => {
        event.preventDefault();
        pane.sendResults(
          reply,
          calls.map(({ id }) => ({ callId: id, text: typed.value[id] ?? '' })),
        );
        focusTurns(pane);
      }}
    >
      {calls.map(({ id, name }) => (
        <label key={id}>
          {words.result(name)}
          <textarea
            rows={1}
            value={typed.value[id] ?? ''}
            onInput={(event) => (typed.value = { ...typed.value, [id]: event.currentTarget.value })}
          />
        </label>
      ))}
      <button type="submit" disabled={pane.isRunning.value}>
        {words.sendResults}
      </button>
    </form>
  );
}
