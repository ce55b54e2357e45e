import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { oncePerFrame } from '../../ui/once-per-frame.js';
import { newAnswer } from '../conversation/answer.js';
import {
  chosenTurn,
  type Conversation,
  pathOf,
  type ToolResult,
  type Turn,
  withAnswer,
  withTurn,
} from '../conversation/conversation.js';
import type { Settings } from '../conversation/settings.js';
import { newId } from '../new-id.js';
import { answers, questionFor } from './answers.js';
import { restorer, type Restoring } from './restoring.js';

/** One of the chats that are side by side. */
export interface Pane {
  /** Stays the same when another conversation is opened in it. */
  readonly id: string;
  readonly conversation: ReadonlySignal<Conversation>;
  readonly draft: Signal<string>;
  readonly isRunning: ReadonlySignal<boolean>;
  readonly restoring: ReadonlySignal<Restoring>;
  /**
   * Asks a question. While an answer comes, nothing happens. If what was said before cannot be read from the server, the
   * question becomes the draft.
   */
  ask(text: string): void;
  /** Asks another question instead of one; the old one stays as a branch. */
  askInstead(question: Turn, text: string): void;
  sendResults(reply: Turn, results: readonly ToolResult[]): void;
  /** Another answer, as a branch. */
  answerAgain(reply: Turn): void;
  /** The server gives the slot, or the place in the queue, to the next one. */
  stop(): void;
  show(turn: Turn): void;
  rate(reply: Turn, like: boolean | null): void;
  configure(settings: Settings): void;
  open(conversation: Conversation): void;
}

/** @param keep - Called when something is worth keeping: a question, the end of an answer, a choice. */
export function createPane(first: Conversation, keep: (conversation: Conversation) => void): Pane {
  const conversation = signal(first);
  const running = signal<AbortController | undefined>(undefined);
  const draft = signal('');
  const restoring = restorer(conversation);

  const keepNow = (): void => {
    if (conversation.value.turns.length > 0) keep(conversation.value);
  };

  const change = (changed: Conversation): void => {
    conversation.value = { ...changed, changedAtMs: Date.now() };
    keepNow();
  };

  const say = (turn: Turn): void => {
    if (running.value !== undefined || restoring.state.value.status === 'reading') return;
    restoring.forget();
    conversation.value = withTurn(conversation.value, turn);
    void answerTo(turn.id);
  };

  const ask = async (text: string): Promise<void> => {
    if (running.value !== undefined) return;
    if (restoring.state.value.status === 'reading' || !(await restoring.canGoOn())) {
      if (draft.value === '') draft.value = text;
      return;
    }
    say({ type: 'question', id: newId(), parent: pathOf(conversation.value).at(-1)?.id ?? null, text });
  };

  const answerTo = async (parent: string | null): Promise<void> => {
    if (running.value !== undefined) return;
    const controller = new AbortController();
    running.value = controller;
    const { id: home, settings } = conversation.value;
    const question = questionFor(conversation.value, parent);
    let latest = newAnswer(settings.model, Date.now());
    const reply = { type: 'reply', id: newId(), parent, answer: latest } as const;
    change(withTurn(conversation.value, reply));
    const frame = oncePerFrame(() => {
      // Another conversation may have been opened in this pane.
      if (conversation.value.id === home) conversation.value = withAnswer(conversation.value, reply.id, latest);
    });
    for await (const answer of answers(latest, question, controller)) {
      latest = answer;
      frame.request();
    }
    frame.now();
    running.value = undefined;
    if (conversation.value.id === home) change(conversation.value);
  };

  void restoring.restore();
  return {
    id: newId(),
    restoring: restoring.state,
    conversation,
    draft,
    isRunning: computed(() => running.value !== undefined),
    ask(text) {
      void ask(text);
    },
    askInstead({ parent }, text) {
      say({ type: 'question', id: newId(), parent, text });
    },
    sendResults({ id }, results) {
      say({ type: 'results', id: newId(), parent: id, results });
    },
    answerAgain({ parent }) {
      void answerTo(parent);
    },
    stop() {
      running.value?.abort();
    },
    show(turn) {
      change(chosenTurn(conversation.value, turn));
    },
    rate(reply, like) {
      if (reply.type === 'reply') change(withAnswer(conversation.value, reply.id, { ...reply.answer, like }));
    },
    configure(settings) {
      change({ ...conversation.value, settings });
    },
    open(other) {
      running.value?.abort();
      keepNow();
      conversation.value = other;
      void restoring.restore();
    },
  };
}
