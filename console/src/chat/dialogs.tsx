import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icons.js';
import { KeptList } from './kept-list.js';
import { SettingsForm } from './settings-form.js';
import { shownDialog } from './shown-dialog.js';
import { chatWords } from './words.js';

import './dialogs.css';

export function Dialogs(): JSX.Element | null {
  const words = chatWords();
  const shown = shownDialog.value;
  switch (shown.type) {
    case 'none':
      return null;
    case 'settings':
      return (
        <Dialog title={words.settings}>
          <SettingsForm pane={shown.pane} />
        </Dialog>
      );
    case 'kept':
      return (
        <Dialog title={words.keptTitle}>
          <KeptList pane={shown.pane} />
        </Dialog>
      );
  }
}

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

function Dialog({ title, children }: DialogProps): JSX.Element {
  const words = chatWords();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    // The browser gives the focus back to where it was when the dialog closes.
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  const close = (): void => {
    shownDialog.value = { type: 'none' };
  };
  return (
    <dialog
      ref={dialog}
      class="chat-dialog"
      aria-labelledby="chat-dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="chat-dialog-body">
        <header>
          <h2 id="chat-dialog-title">{title}</h2>
          <button class="quiet icon" title={words.close} aria-label={words.close} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
