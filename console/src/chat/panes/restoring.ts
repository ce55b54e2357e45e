import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { ApiError } from '../../api/client.js';
import { type Conversation, newConversation } from '../conversation/conversation.js';
import { newId } from '../new-id.js';
import { readStored } from './stored.js';

/** Whether a conversation that the server keeps is being read from there. */
export type Restoring =
  | { readonly status: 'none' }
  | { readonly status: 'reading' }
  | {
      readonly status: 'failed';
      readonly message: string;
      /** Whether the server no longer has it, so that another attempt is of no use. */
      readonly isGone: boolean;
    };

export interface Restorer {
  readonly state: ReadonlySignal<Restoring>;
  /** Reads from the server what the browser does not have. */
  restore(): Promise<void>;
  /** The reader goes on without what was said before. */
  forget(): void;
  /**
   * Whether a question can be asked, after another attempt to read what was said before it. An answer without that would
   * replace the only name by which the server's conversation is found; one that the server no longer has begins anew.
   */
  canGoOn(): Promise<boolean>;
}

/** Of a conversation that the server keeps, the browser has only its name there: what was said is read when it is opened. */
export function restorer(conversation: Signal<Conversation>): Restorer {
  const state = signal<Restoring>({ status: 'none' });
  const restore = async (): Promise<void> => {
    const { id, storedAs, turns, likes } = conversation.value;
    state.value = { status: 'none' };
    if (storedAs === null || turns.length > 0) return;
    state.value = { status: 'reading' };
    try {
      const read = await readStored(storedAs, likes);
      if (conversation.value.id !== id) return;
      conversation.value = { ...conversation.value, turns: read };
      state.value = { status: 'none' };
    } catch (error) {
      if (conversation.value.id !== id) return;
      state.value = {
        status: 'failed',
        message: error instanceof Error ? error.message : String(error),
        isGone: error instanceof ApiError && error.status === 404,
      };
    }
  };
  return {
    state,
    restore,
    forget() {
      state.value = { status: 'none' };
    },
    async canGoOn() {
      const { id, storedAs, turns, settings } = conversation.value;
      if (storedAs === null || turns.length > 0) return true;
      await restore();
      if (conversation.value.id !== id) return false;
      if (state.value.status !== 'failed') return true;
      if (state.value.isGone) conversation.value = newConversation(newId(), Date.now(), settings);
      return state.value.isGone;
    },
  };
}
