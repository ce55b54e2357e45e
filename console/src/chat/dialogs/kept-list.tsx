import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { language } from '../../i18n/language.js';
import { type Conversation, newConversation, shortened, titleOf } from '../conversation/conversation.js';
import { fileOf } from '../conversation/file.js';
import { storedIds } from '../conversation/response-request.js';
import { shelfSize } from '../conversation/shelf.js';
import { Icon } from '../icons.js';
import { newId } from '../new-id.js';
import type { Pane } from '../panes/pane.js';
import { openIds, panes, shelf } from '../panes/panes.js';
import { shownDialog } from '../panes/shown-dialog.js';
import { deleteStored, lastQuestion } from '../panes/stored.js';
import { chatWords } from '../words.js';
import { type Imported, importFile } from './import-file.js';

/** The conversations that this browser keeps: to open in a pane, to export, to delete. */
export function KeptList({ pane }: { readonly pane: Pane }): JSX.Element {
  const words = chatWords();
  const kept = useSignal(shelf.list());
  const imported = useSignal<Imported | null>(null);
  const questions = useLastQuestions(kept.value);
  const nameOf = (conversation: Conversation): string =>
    [titleOf(conversation), questions.value.get(conversation.id)].find((name) => name !== undefined && name !== '') ??
    words.fresh;
  // Those at the server are not here to be exported.
  const inBrowser = kept.value.filter(({ storedAs }) => storedAs === null);
  const open = openIds();
  return (
    <>
      <p class="quiet">{words.keptText(shelfSize)}</p>
      {imported.value !== null && (
        <p role="alert" class={imported.value.status === 'read' ? undefined : 'bad'}>
          {importText(imported.value, words)}
        </p>
      )}
      {kept.value.length === 0 && <p class="chat-none">{words.keptNone}</p>}
      <ul class="chat-kept">
        {kept.value.map((conversation) => (
          <Kept
            key={conversation.id}
            conversation={conversation}
            name={nameOf(conversation)}
            isOpen={open.has(conversation.id)}
            open={() => {
              pane.open(conversation);
              shownDialog.value = { type: 'none' };
            }}
            remove={() => {
              forget(conversation);
              kept.value = shelf.list();
            }}
          />
        ))}
      </ul>
      <div class="chat-buttons">
        <label class="chat-file">
          <input
            type="file"
            accept="application/json,.json"
            onInput={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              currentTarget.value = '';
              void file?.text().then((text) => {
                imported.value = importFile(text, shelf, open);
                kept.value = shelf.list();
              });
            }}
          />
          {words.import}
        </label>
        <button
          disabled={inBrowser.length === 0}
          onClick={() => {
            download(inBrowser);
          }}
        >
          {words.exportAll}
        </button>
      </div>
    </>
  );
}

interface KeptProps {
  readonly conversation: Conversation;
  readonly name: string;
  /** Whether a pane shows it. */
  readonly isOpen: boolean;
  readonly open: () => void;
  readonly remove: () => void;
}

function Kept({ conversation, name, isOpen, open, remove }: KeptProps): JSX.Element {
  const words = chatWords();
  const isAtServer = conversation.storedAs !== null;
  const dates = new Intl.DateTimeFormat(language.value, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <li>
      <button class="quiet chat-kept-open" disabled={isOpen} onClick={open}>
        <span>{name}</span>
        <span class="quiet figure">
          {isOpen ? words.pane(paneNumber(conversation)) : dates.format(conversation.changedAtMs)}
          {isAtServer && ` · ${words.atServer}`}
        </span>
      </button>
      {!isAtServer && (
        <button
          class="quiet icon"
          title={words.exportOne}
          aria-label={`${words.exportOne}: ${name}`}
          onClick={() => {
            download([conversation]);
          }}
        >
          <Icon name="download" />
        </button>
      )}
      <button class="quiet icon" title={words.remove} aria-label={`${words.remove}: ${name}`} onClick={remove}>
        <Icon name="remove" />
      </button>
    </li>
  );
}

function paneNumber({ id }: Conversation): number {
  return panes.value.findIndex(({ conversation }) => conversation.value.id === id) + 1;
}

/** Of the conversations that the server keeps, by their ids: their last questions, as soon as they are known. */
function useLastQuestions(kept: readonly Conversation[]): ReadonlySignal<ReadonlyMap<string, string>> {
  const words = chatWords();
  const questions = useSignal<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    for (const { id, storedAs } of kept) {
      if (storedAs === null || questions.value.has(id)) continue;
      void lastQuestion(storedAs)
        .catch(() => words.gone)
        .then((question) => {
          questions.value = new Map([...questions.value, [id, shortened(question ?? '')]]);
        });
    }
  }, [kept, questions, words]);
  return questions;
}

function forget({ id, storedAs }: Conversation): void {
  const stored: string[] = [];
  for (const pane of panes.value) {
    const { conversation } = pane;
    if (conversation.value.id !== id) continue;
    stored.push(...storedIds(conversation.value.turns));
    pane.open(newConversation(newId(), Date.now(), conversation.value.settings));
  }
  // It may have gone on since the list was opened.
  const last = shelf.read(id)?.storedAs ?? storedAs;
  if (last !== null) stored.push(last);
  shelf.remove(id);
  // Whether it is still there is up to the server's --store-ttl; it may be gone already.
  void deleteStored(stored).catch(() => undefined);
}

function download(conversations: readonly Conversation[]): void {
  const url = URL.createObjectURL(new Blob([fileOf(conversations)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `chatstream-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  // Safari reads it only after this task.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 1000);
}

function importText(imported: Imported, words: ReturnType<typeof chatWords>): string {
  switch (imported.status) {
    case 'read':
      return words.imported(imported.count);
    case 'not-json':
      return words.importNotJson;
    case 'not-conversations':
      return words.importNotOurs;
    case 'newer':
      return words.importNewer;
    case 'broken':
      return words.importBroken(imported.detail);
    case 'not-kept':
      return words.keptFull;
  }
}
