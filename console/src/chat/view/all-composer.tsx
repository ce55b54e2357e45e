import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { isPlainEscape } from '../../ui/keys.js';
import { panes } from '../panes/panes.js';
import { chatWords } from '../words.js';
import { Composer } from './composer.js';

const draft = signal('');

/** Sends the same message in all panes. */
export function AllComposer(): JSX.Element {
  const words = chatWords();
  const stop = (): void => {
    panes.value.forEach((pane) => {
      pane.stop();
    });
  };
  const isRunning = panes.value.some((pane) => pane.isRunning.value);
  return (
    <div
      class="chat-all"
      onKeyDown={(event) => {
        if (isPlainEscape(event)) stop();
      }}
    >
      <Composer
        draft={draft}
        label={words.messageAll}
        sendLabel={words.sendAll}
        stopLabel={words.stopAll}
        isRunning={isRunning}
        onSend={(text) => {
          panes.value.forEach((pane) => {
            pane.ask(text);
          });
        }}
        onStop={stop}
      />
    </div>
  );
}
