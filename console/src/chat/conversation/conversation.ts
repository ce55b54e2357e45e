import type { Answer } from './answer.js';
import { defaultSettings, type Settings } from './settings.js';

/** What the result of a tool was, for the call with this id. */
export interface ToolResult {
  readonly callId: string;
  readonly text: string;
}

/** `parent` is the turn before it; null for the first. Turns with the same parent are branches of each other. */
export type Turn =
  | { readonly type: 'question'; readonly id: string; readonly parent: string | null; readonly text: string }
  | {
      readonly type: 'results';
      readonly id: string;
      readonly parent: string | null;
      readonly results: readonly ToolResult[];
    }
  | { readonly type: 'reply'; readonly id: string; readonly parent: string | null; readonly answer: Answer };

/**
 * A conversation is a tree: editing a question or asking for another answer adds a branch, and nothing is lost.
 *
 *     question ─┬─ reply ── question ── reply
 *               └─ reply                          regenerated
 *     question ─── reply                          edited
 */
export interface Conversation {
  readonly id: string;
  /** Unix milliseconds. */
  readonly changedAtMs: number;
  readonly settings: Settings;
  /** Each after its parent. */
  readonly turns: readonly Turn[];
  /** Which branch is shown after a turn (`start` for the first turn); the newest where nothing is said. */
  readonly chosen: Readonly<Record<string, string>>;
  /** Of one that the server keeps: the id of the last response on the branch that is shown; null for others. */
  readonly storedAs: string | null;
  /** Of one that the server keeps, and whose turns are not here: thumbs up or down, by the ids of the responses. */
  readonly likes?: Readonly<Record<string, boolean>> | undefined;
}

const start = 'start';

export function newConversation(id: string, nowMs: number, settings: Settings = defaultSettings): Conversation {
  return { id, changedAtMs: nowMs, settings, turns: [], chosen: {}, storedAs: null };
}

/** The turns that are shown, from the first to the last. */
export function pathOf({ turns, chosen }: Conversation): readonly Turn[] {
  const next = new Map<string, Turn>();
  for (const turn of turns) {
    const before = turn.parent ?? start;
    const shown = next.get(before);
    if (shown === undefined || shown.id !== chosen[before]) next.set(before, turn);
  }
  const path: Turn[] = [];
  for (let turn = next.get(start); turn !== undefined; turn = next.get(turn.id)) path.push(turn);
  return path;
}

/** The turns before a turn, from the first on, without itself. */
export function pathTo({ turns }: Pick<Conversation, 'turns'>, id: string | null): readonly Turn[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const path: Turn[] = [];
  for (let turn = id === null ? undefined : byId.get(id); turn !== undefined;) {
    path.unshift(turn);
    turn = turn.parent === null ? undefined : byId.get(turn.parent);
  }
  return path;
}

/** Adds a turn and shows its branch. */
export function withTurn(conversation: Conversation, turn: Turn): Conversation {
  return chosenTurn({ ...conversation, turns: [...conversation.turns, turn] }, turn);
}

export function withAnswer(conversation: Conversation, id: string, answer: Answer): Conversation {
  const turns = conversation.turns.map((turn) =>
    turn.id === id && turn.type === 'reply' ? { ...turn, answer } : turn,
  );
  return { ...conversation, turns };
}

/** Adds the turns that only the other version of the conversation has, as branches that are not shown. */
export function withTurnsOf(conversation: Conversation, { turns }: Conversation): Conversation {
  const known = new Set(conversation.turns.map(({ id }) => id));
  const others = turns.filter(({ id }) => !known.has(id));
  const shown = pathOf(conversation).map(({ id, parent }) => [parent ?? start, id] as const);
  return {
    ...conversation,
    turns: [...conversation.turns, ...others],
    chosen: { ...conversation.chosen, ...Object.fromEntries(shown) },
  };
}

/** Shows the branch of a turn. */
export function chosenTurn(conversation: Conversation, { id, parent }: Turn): Conversation {
  return { ...conversation, chosen: { ...conversation.chosen, [parent ?? start]: id } };
}

/** A turn and its branches, in the order in which they were made. */
export function branchesOf({ turns }: Conversation, { parent }: Turn): readonly Turn[] {
  return turns.filter((turn) => turn.parent === parent);
}

/** The beginning of the first question, at most 60 characters; empty if nothing was asked. */
export function titleOf(conversation: Conversation): string {
  const first = pathOf(conversation).find((turn) => turn.type === 'question');
  return shortened(first?.text ?? '');
}

/** The beginning of the first line of a text, at most 60 characters. */
export function shortened(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  const characters = Array.from(line);
  return characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : line;
}
