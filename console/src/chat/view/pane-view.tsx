import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { isPlainEscape } from '../../ui/keys.js';
import type { AnswerState } from '../conversation/answer.js';
import { branchesOf, newConversation, pathOf, titleOf } from '../conversation/conversation.js';
import { Icon } from '../icons.js';
import { newId } from '../new-id.js';
import { announcement } from '../panes/announcement.js';
import { failureText } from '../panes/failure-text.js';
import { turnsId } from '../panes/focus.js';
import { models } from '../panes/models.js';
import type { Pane } from '../panes/pane.js';
import { closePane, panes } from '../panes/panes.js';
import { shownDialog } from '../panes/shown-dialog.js';
import { TurnView } from '../turns/turn-view.js';
import { chatWords } from '../words.js';
import { Composer } from './composer.js';

interface PaneProps {
  readonly pane: Pane;
  /** From 1. */
  readonly number: number;
}

export function PaneView({ pane, number }: PaneProps): JSX.Element {
  const words = chatWords();
  useAnnouncements(pane, number);
  return (
    <section
      id={`chat-pane-${pane.id}`}
      class="chat-pane"
      aria-label={words.pane(number)}
      onKeyDown={(event) => {
        if (isPlainEscape(event) && pane.isRunning.value) pane.stop();
      }}
    >
      <PaneHeader pane={pane} number={number} />
      <Turns pane={pane} />
      <Composer
        draft={pane.draft}
        label={words.message}
        sendLabel={words.send}
        stopLabel={words.stop}
        isRunning={pane.isRunning.value}
        onSend={(text) => {
          pane.ask(text);
        }}
        onStop={() => {
          pane.stop();
        }}
      />
    </section>
  );
}

function PaneHeader({ pane, number }: PaneProps): JSX.Element {
  const words = chatWords();
  const conversation = pane.conversation.value;
  const { settings } = conversation;
  const model = settings.model ?? models.value[0];
  const buttons = [
    { icon: 'settings', label: words.settings, onClick: () => (shownDialog.value = { type: 'settings', pane }) },
    { icon: 'kept', label: words.kept, onClick: () => (shownDialog.value = { type: 'kept', pane }) },
    {
      icon: 'add',
      label: words.fresh,
      onClick: () => {
        pane.open(newConversation(newId(), Date.now(), settings));
      },
    },
  ] as const;
  return (
    <header class="chat-pane-header">
      {panes.value.length > 1 && <span class="chat-number">{number}</span>}
      <div class="chat-heading">
        <h2>{titleOf(conversation) || words.fresh}</h2>
        {model !== undefined && <span class="chat-model">{model}</span>}
      </div>
      <div class="chat-pane-tools">
        {buttons.map(({ icon, label, onClick }) => (
          <button key={icon} class="quiet icon" title={label} aria-label={label} onClick={onClick}>
            <Icon name={icon} />
          </button>
        ))}
        {panes.value.length > 1 && (
          <button
            class="quiet icon"
            title={words.closePane}
            aria-label={words.closePane}
            onClick={() => {
              closePane(pane);
            }}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
    </header>
  );
}

/** How near to the end, in CSS pixels, the reader must be for the page to follow the text. */
const nearEnd = 48;

function Turns({ pane }: { readonly pane: Pane }): JSX.Element {
  const words = chatWords();
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const conversation = pane.conversation.value;
  const path = pathOf(conversation);
  const count = path.length;
  useLayoutEffect(() => {
    // A question was asked: its answer is what the reader wants to see.
    follows.current = true;
  }, [count, conversation.id]);
  useLayoutEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  });
  return (
    <div
      ref={box}
      id={turnsId(pane)}
      class="chat-turns"
      tabIndex={0}
      role="group"
      aria-label={titleOf(conversation) || words.fresh}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < nearEnd;
      }}
    >
      <RestoringNotice pane={pane} />
      {count === 0 && pane.restoring.value.status === 'none' && (
        <div class="chat-hello">
          <p>{words.hello}</p>
          <p class="quiet">{conversation.settings.onServer ? words.helloOnServer : words.helloText}</p>
        </div>
      )}
      <ol>
        {path.map((turn, index) => (
          <TurnView
            // The same for all branches, so that the focus stays on what leads from one to the next.
            key={turn.parent ?? 'start'}
            pane={pane}
            turn={turn}
            branches={branchesOf(conversation, turn)}
            isLast={index === count - 1}
          />
        ))}
      </ol>
    </div>
  );
}

/** Says that the conversation is being read from the server, or that it could not be. */
function RestoringNotice({ pane }: { readonly pane: Pane }): JSX.Element | null {
  const words = chatWords();
  const { value } = pane.restoring;
  switch (value.status) {
    case 'none':
      return null;
    case 'reading':
      return (
        <p class="quiet" role="status">
          {words.reading}
        </p>
      );
    case 'failed':
      return (
        <p class="bad" role="alert">
          {words.notRestored(value.message)}
        </p>
      );
  }
}

/** Says what became of an answer, but neither its text nor every step in the queue. */
function useAnnouncements(pane: Pane, number: number): void {
  const words = chatWords();
  const state = useComputed(() => {
    const last = pathOf(pane.conversation.value).at(-1);
    return last?.type === 'reply' ? last.answer.state : undefined;
  }).value;
  const announced = useRef(state?.status);
  useEffect(() => {
    if (announced.current === state?.status) return;
    announced.current = state?.status;
    const text = state === undefined ? '' : announcementOf(state, words);
    if (text !== '') announcement.value = `${words.pane(number)}: ${text}`;
  });
}

function announcementOf(state: AnswerState, words: ReturnType<typeof chatWords>): string {
  switch (state.status) {
    case 'sent':
    case 'prefilling':
      return '';
    case 'waiting':
      return words.place(state.position);
    case 'generating':
      return words.generating;
    case 'ended':
      return words.answered;
    case 'stopped':
      return words.stopped;
    case 'failed':
      return failureText(state, words);
  }
}
