import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { ApiError } from '../../api/client.js';
import { newAnswer } from '../conversation/answer.js';
import {
  chosenTurn,
  type Conversation,
  newConversation,
  pathOf,
  type ToolResult,
  type Turn,
  withAnswer,
  withTurn,
} from '../conversation/conversation.js';
import type { Settings } from '../conversation/settings.js';
import { newId } from '../new-id.js';
import { answers, questionFor } from './answers.js';
import { readStored } from './stored.js';

/** Whether a conversation that the server keeps is being read from there. */
type Restoring =
  | { readonly status: 'none' }
  | { readonly status: 'reading' }
  | {
      readonly status: 'failed';
      readonly message: string;
      /** Whether the server no longer has it, so that another attempt is of no use. */
      readonly isGone: boolean;
    };

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

  const restoring = signal<Restoring>({ status: 'none' });

  /** Of a conversation that the server keeps, the browser has only its name there. */
  const restore = async (): Promise<void> => {
    const { id, storedAs, turns, likes } = conversation.value;
    restoring.value = { status: 'none' };
    if (storedAs === null || turns.length > 0) return;
    restoring.value = { status: 'reading' };
    try {
      const read = await readStored(storedAs, likes);
      if (conversation.value.id !== id) return;
      conversation.value = { ...conversation.value, turns: read };
      restoring.value = { status: 'none' };
    } catch (error) {
      if (conversation.value.id !== id) return;
      restoring.value = {
        status: 'failed',
        message: error instanceof Error ? error.message : String(error),
        isGone: error instanceof ApiError && error.status === 404,
      };
    }
  };

  const keepNow = (): void => {
    if (conversation.value.turns.length > 0) keep(conversation.value);
  };

  const change = (changed: Conversation): void => {
    conversation.value = { ...changed, changedAtMs: Date.now() };
    keepNow();
  };

  const say = (turn: Turn): void => {
    if (running.value !== undefined || restoring.value.status === 'reading') return;
    restoring.value = { status: 'none' };
    conversation.value = withTurn(conversation.value, turn);
    void answerTo(turn.id);
  };

  /** An answer without what was said before would replace the only name by which the server's conversation is found. */
  const canGoOn = async (): Promise<boolean> => {
    const { id, storedAs, turns, settings } = conversation.value;
    if (storedAs === null || turns.length > 0) return true;
    await restore();
    if (conversation.value.id !== id) return false;
    if (restoring.value.status !== 'failed') return true;
    if (restoring.value.isGone) conversation.value = newConversation(newId(), Date.now(), settings);
    return restoring.value.isGone;
  };

  const ask = async (text: string): Promise<void> => {
    if (running.value !== undefined) return;
    if (restoring.value.status === 'reading' || !(await canGoOn())) {
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

  void restore();
  return {
    id: newId(),
    restoring,
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
      void restore();
    },
  };
}

/** Text may come more often than the screen shows it. */
function oncePerFrame(draw: () => void): { readonly request: () => void; readonly now: () => void } {
  let frame: number | undefined;
  return {
    request() {
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        draw();
      });
    },
    now() {
      if (frame !== undefined) cancelAnimationFrame(frame);
      draw();
    },
  };
}
