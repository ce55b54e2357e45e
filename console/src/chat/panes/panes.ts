import { effect, signal } from '@preact/signals';
import { type Conversation, newConversation, pathOf, withTurnsOf } from '../conversation/conversation.js';
import { lastStored } from '../conversation/response-request.js';
import { createShelf, type Store } from '../conversation/shelf.js';
import { likesOf } from '../conversation/stored-turns.js';
import { newId } from '../new-id.js';
import { createPane, type Pane } from './pane.js';

export const mostPanes = 6;

const openKey = 'chatstream.chat.open';

/** The conversations that this browser keeps. */
export const shelf = createShelf(browserStore());

/** Whether the last conversation that ended could be kept. */
export const isKept = signal(true);

/** One to six, from left to right. They continue when another view is shown. */
export const panes = signal<readonly Pane[]>(openPanes());

/** Of the panes, the one that is shown where there is room for one. */
export const shownPane = signal(0);

effect(() => {
  const ids = panes.value.map(({ conversation }) => conversation.value.id);
  try {
    localStorage.setItem(openKey, JSON.stringify(ids));
  } catch {
    // Another start then begins with an empty pane.
  }
});

// Of an answer that is still coming, what is there is kept.
addEventListener('pagehide', () => {
  panes.value.forEach(({ conversation, isRunning }) => {
    if (isRunning.value) keep(conversation.value);
  });
});

export function setPaneCount(count: number): void {
  const before = panes.value;
  before.slice(count).forEach((pane) => {
    pane.stop();
  });
  const settings = before.at(-1)?.conversation.value.settings;
  const added = Array.from({ length: Math.max(count - before.length, 0) }, () =>
    createPane(newConversation(newId(), Date.now(), settings), keep),
  );
  panes.value = [...before.slice(0, count), ...added];
  shownPane.value = Math.min(shownPane.value, count - 1);
}

export function closePane(pane: Pane): void {
  pane.stop();
  panes.value = panes.value.filter((other) => other !== pane);
  shownPane.value = Math.min(shownPane.value, panes.value.length - 1);
}

function keep(conversation: Conversation): void {
  if (conversation.settings.onServer) {
    const storedAs = lastStored(pathOf(conversation));
    // Until the server has an answer of it, there is nothing that could be found again.
    if (storedAs === null) return;
    isKept.value = shelf.keep(
      { ...conversation, turns: [], chosen: {}, storedAs, likes: likesOf(conversation.turns) },
      openIds(),
    );
    return;
  }
  // Another tab may have gone on with the same conversation.
  const kept = shelf.read(conversation.id);
  const whole = { ...conversation, storedAs: null };
  isKept.value = shelf.keep(kept === undefined ? whole : withTurnsOf(whole, kept), openIds());
}

export function openIds(): ReadonlySet<string> {
  return new Set(panes.value.map(({ conversation }) => conversation.value.id));
}

function openPanes(): readonly Pane[] {
  const conversations = openBefore().map((id) => shelf.read(id) ?? newConversation(id, Date.now()));
  if (conversations.length === 0) conversations.push(newConversation(newId(), Date.now()));
  return conversations.slice(0, mostPanes).map((conversation) => createPane(conversation, keep));
}

function openBefore(): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(openKey) ?? '[]');
    return Array.isArray(value) ? value.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

function browserStore(): Store | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
