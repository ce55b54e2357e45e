import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Dialogs } from '../dialogs/dialogs.js';
import { announcement } from '../panes/announcement.js';
import { loadModels } from '../panes/models.js';
import { isKept, mostPanes, panes, setPaneCount, shownPane } from '../panes/panes.js';
import { chatWords } from '../words.js';
import { AllComposer } from './all-composer.js';
import { PaneView } from './pane-view.js';

import './chat.css';
import '../turns/turns.css';

export function ChatView(): JSX.Element {
  const words = chatWords();
  const count = panes.value.length;
  useEffect(() => {
    void loadModels();
  }, []);
  return (
    <div class="chat">
      <div class="chat-bar">
        <h1>{words.title}</h1>
        <PaneTabs />
        <div class="chat-count" role="group" aria-label={words.panes}>
          {Array.from({ length: mostPanes }, (_, index) => index + 1).map((wanted) => (
            <button
              key={wanted}
              class="quiet"
              aria-label={words.paneCount(wanted)}
              aria-pressed={wanted === count}
              title={words.paneCount(wanted)}
              onClick={() => {
                setPaneCount(wanted);
              }}
            >
              {wanted}
            </button>
          ))}
        </div>
      </div>
      {!isKept.value && (
        <p class="notice bad" role="alert">
          {words.keptFailed}
        </p>
      )}
      <Panes />
      {count > 1 && <AllComposer />}
      <div class="visually-hidden" role="status">
        {announcement.value}
      </div>
      <Dialogs />
    </div>
  );
}

/** Where there is room for one pane, these lead to the others; so does a swipe. */
function PaneTabs(): JSX.Element | null {
  const words = chatWords();
  if (panes.value.length === 1) return null;
  return (
    <nav class="chat-tabs" aria-label={words.panes}>
      {panes.value.map((pane, index) => (
        <button
          key={pane.id}
          class="quiet"
          aria-label={words.pane(index + 1)}
          aria-current={shownPane.value === index}
          data-running={pane.isRunning.value}
          onClick={() => {
            document.getElementById(`chat-pane-${pane.id}`)?.scrollIntoView({ inline: 'start', block: 'nearest' });
          }}
        >
          {index + 1}
        </button>
      ))}
    </nav>
  );
}

function Panes(): JSX.Element {
  const row = useRef<HTMLDivElement>(null);
  return (
    <div
      ref={row}
      class="chat-panes"
      data-count={panes.value.length}
      onScroll={({ currentTarget: { scrollLeft, clientWidth } }) => {
        shownPane.value = Math.round(scrollLeft / clientWidth);
      }}
    >
      {panes.value.map((pane, index) => (
        <PaneView key={pane.id} pane={pane} number={index + 1} />
      ))}
    </div>
  );
}
