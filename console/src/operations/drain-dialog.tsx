import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { call } from '../api/client.js';
import { Dialog } from '../ui/dialog.js';
import { operationsWords } from './words.js';

/** Asks once more, and shuts the server down. */
export function DrainDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const words = operationsWords();
  const problem = useSignal<string | null>(null);
  const drain = async (): Promise<void> => {
    try {
      await call('v1/queue/drain', { method: 'POST', body: {} });
      onClose();
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <Dialog title={words.drainQuestion} closeLabel={words.close} onClose={onClose}>
      <p>{words.drainText}</p>
      {problem.value !== null && (
        <p class="bad" role="alert">
          {problem.value}
        </p>
      )}
      <div class="dialog-buttons">
        <button class="quiet" onClick={onClose}>
          {words.cancel}
        </button>
        <button class="operations-drain" onClick={() => void drain()}>
          {words.drain}
        </button>
      </div>
    </Dialog>
  );
}
