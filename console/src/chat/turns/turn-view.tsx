import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isPlainEnter, isPlainEscape } from '../../ui/keys.js';
import type { Turn } from '../conversation/conversation.js';
import { CopyButton } from '../copy-button.js';
import { Icon } from '../icons.js';
import { focusTurns } from '../panes/focus.js';
import type { Pane } from '../panes/pane.js';
import { chatWords } from '../words.js';
import { ReplyView } from './reply-view.js';

interface TurnProps {
  readonly pane: Pane;
  readonly turn: Turn;
  /** With the turn itself. */
  readonly branches: readonly Turn[];
  readonly isLast: boolean;
}

export function TurnView({ pane, turn, branches, isLast }: TurnProps): JSX.Element {
  const branching = <Branches pane={pane} turn={turn} branches={branches} />;
  switch (turn.type) {
    case 'question':
      return (
        <QuestionView pane={pane} turn={turn}>
          {branching}
        </QuestionView>
      );
    case 'results':
      return (
        <li class="chat-results">
          {turn.results.map(({ callId, text }) => (
            <pre key={callId} tabIndex={0}>
              {text}
            </pre>
          ))}
          {branching}
        </li>
      );
    case 'reply':
      return (
        <ReplyView pane={pane} reply={turn} isLast={isLast}>
          {branching}
        </ReplyView>
      );
  }
}

interface QuestionProps {
  readonly pane: Pane;
  readonly turn: Extract<Turn, { type: 'question' }>;
  readonly children: ComponentChildren;
}

function QuestionView({ pane, turn, children }: QuestionProps): JSX.Element {
  const words = chatWords();
  const isEdited = useSignal(false);
  if (isEdited.value) {
    return (
      <li class="chat-question">
        <QuestionEditor
          text={turn.text}
          onSend={(text) => {
            isEdited.value = false;
            pane.askInstead(turn, text);
            focusTurns(pane);
          }}
          onCancel={() => {
            isEdited.value = false;
            focusTurns(pane);
          }}
        />
      </li>
    );
  }
  return (
    <li class="chat-question">
      <span class="visually-hidden">{words.you}</span>
      <div class="chat-bubble">{turn.text}</div>
      <div class="chat-actions">
        {children}
        <span class="chat-tools">
          <CopyButton text={turn.text} isIcon />
          <button
            class="quiet icon"
            title={words.edit}
            aria-label={words.edit}
            disabled={pane.isRunning.value}
            onClick={() => (isEdited.value = true)}
          >
            <Icon name="edit" />
          </button>
        </span>
      </div>
    </li>
  );
}

interface EditorProps {
  readonly text: string;
  readonly onSend: (text: string) => void;
  readonly onCancel: () => void;
}

function QuestionEditor({ text, onSend, onCancel }: EditorProps): JSX.Element {
  const words = chatWords();
  const typed = useSignal(text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, [text]);
  const send = (): void => {
    if (typed.value.trim() !== '') onSend(typed.value.trim());
  };
  return (
    <form
      class="chat-editor"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        aria-label={words.edit}
        aria-describedby="chat-edit-hint"
        value={typed.value}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (isPlainEscape(event)) {
            event.stopPropagation();
            onCancel();
          } else if (isPlainEnter(event)) {
            event.preventDefault();
            send();
          }
        }}
      />
      <p id="chat-edit-hint" class="quiet">
        {words.editHint}
      </p>
      <div class="chat-buttons">
        <button type="button" class="quiet" onClick={onCancel}>
          {words.cancel}
        </button>
        <button type="submit" class="primary">
          {words.save}
        </button>
      </div>
    </form>
  );
}

function Branches({ pane, turn, branches }: Omit<TurnProps, 'isLast'>): JSX.Element | null {
  const words = chatWords();
  if (branches.length < 2) return null;
  const at = branches.indexOf(turn);
  const go = (to: number): void => {
    const other = branches[to];
    if (other !== undefined && !pane.isRunning.value) pane.show(other);
  };
  return (
    <span class="chat-branches" role="group" aria-label={words.branch(at + 1, branches.length)}>
      <button
        class="quiet icon"
        title={words.branchBefore}
        aria-label={words.branchBefore}
        aria-disabled={at === 0 || pane.isRunning.value}
        onClick={() => {
          go(at - 1);
        }}
      >
        <Icon name="before" />
      </button>
      <span class="figure">
        {at + 1}/{branches.length}
      </span>
      <button
        class="quiet icon"
        title={words.branchAfter}
        aria-label={words.branchAfter}
        aria-disabled={at === branches.length - 1 || pane.isRunning.value}
        onClick={() => {
          go(at + 1);
        }}
      >
        <Icon name="after" />
      </button>
    </span>
  );
}
