import type { ComponentChildren, JSX } from 'preact';
import { type Answer, isOpen, textOf } from '../conversation/answer.js';
import type { Turn } from '../conversation/conversation.js';
import { CopyButton } from '../copy-button.js';
import { Icon } from '../icons.js';
import { failureText } from '../panes/failure-text.js';
import { focusTurns } from '../panes/focus.js';
import type { Pane } from '../panes/pane.js';
import { chatWords } from '../words.js';
import { CallView, PartView } from './part-view.js';
import { ResultsForm } from './results-form.js';
import { Thumbs } from './thumbs.js';
import { WaitingView } from './waiting-view.js';
import { Waterfall } from './waterfall.js';

interface ReplyProps {
  readonly pane: Pane;
  readonly reply: Extract<Turn, { type: 'reply' }>;
  readonly isLast: boolean;
  readonly children: ComponentChildren;
}

export function ReplyView({ pane, reply, isLast, children }: ReplyProps): JSX.Element {
  const words = chatWords();
  const { answer } = reply;
  const { parts, state } = answer;
  return (
    <li class="chat-reply" aria-busy={isOpen(answer)}>
      {parts.map((part, index) =>
        part.type === 'call' ? (
          <CallView key={index} call={part} />
        ) : (
          <PartView key={index} part={part} isGrowing={state.status === 'generating' && index === parts.length - 1} />
        ),
      )}
      <StateView answer={answer} />
      {isLast && state.status === 'ended' && <ResultsForm pane={pane} reply={reply} />}
      <Waterfall answer={answer} />
      {!isOpen(answer) && (
        <div class="chat-actions">
          {children}
          {textOf(answer) !== '' && <CopyButton text={textOf(answer)} isIcon />}
          <button
            class="quiet icon"
            title={state.status === 'failed' ? words.retry : words.regenerate}
            aria-label={state.status === 'failed' ? words.retry : words.regenerate}
            disabled={pane.isRunning.value}
            onClick={() => {
              pane.answerAgain(reply);
              focusTurns(pane);
            }}
          >
            <Icon name="again" />
          </button>
          {state.status === 'ended' && <Thumbs pane={pane} reply={reply} />}
        </div>
      )}
    </li>
  );
}

/** What is to be said of an answer besides its text. */
function StateView({ answer }: { readonly answer: Answer }): JSX.Element | null {
  const words = chatWords();
  const { state, parts } = answer;
  switch (state.status) {
    case 'sent':
      return <p class="chat-state quiet">{words.sent}</p>;
    case 'waiting':
      return <WaitingView position={state.position} etaMs={state.etaMs} />;
    case 'prefilling':
      return <p class="chat-state chat-working">{words.prefilling}</p>;
    case 'generating':
      return parts.length === 0 ? <p class="chat-state chat-working">{words.generating}</p> : null;
    case 'stopped':
      return <p class="chat-state quiet">{words.stopped}</p>;
    case 'failed':
      return <p class="chat-state chat-failed">{failureText(state, words)}</p>;
    case 'ended':
      return state.reason === 'length' ? <p class="chat-state quiet">{words.length}</p> : null;
  }
}
