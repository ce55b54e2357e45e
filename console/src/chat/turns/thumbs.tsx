import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Turn } from '../conversation/conversation.js';
import { Icon } from '../icons.js';
import { sendFeedback, takesFeedback } from '../panes/feedback.js';
import type { Pane } from '../panes/pane.js';
import { chatWords } from '../words.js';

interface ThumbsProps {
  readonly pane: Pane;
  readonly reply: Extract<Turn, { type: 'reply' }>;
}

export function Thumbs({ pane, reply }: ThumbsProps): JSX.Element | null {
  const words = chatWords();
  const problem = useSignal<string | null>(null);
  const { responseId, like } = reply.answer;
  if (!takesFeedback.value || responseId === null) return null;
  const thumbs = [
    { icon: 'up', value: true, label: words.good },
    { icon: 'down', value: false, label: words.bad },
  ] as const;
  return (
    <>
      {thumbs.map(({ icon, value, label }) => (
        <button
          key={icon}
          class="quiet icon chat-thumb"
          title={label}
          aria-label={label}
          aria-pressed={like === value}
          onClick={() => {
            // The same thumb again takes it back.
            const now = like === value ? null : value;
            pane.rate(reply, now);
            void sendFeedback(pane.conversation.value, reply, now).then((refusal) => {
              problem.value = refusal;
              if (refusal !== null) pane.rate(reply, like);
            });
          }}
        >
          <Icon name={icon} />
        </button>
      ))}
      {problem.value !== null && (
        <span class="bad" role="alert">
          {words.feedbackFailed(problem.value)}
        </span>
      )}
    </>
  );
}
