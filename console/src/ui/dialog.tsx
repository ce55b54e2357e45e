import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import './dialog.css';

interface DialogProps {
  readonly title: string;
  /** What the button that closes it is called. */
  readonly closeLabel: string;
  readonly onClose: () => void;
  /** As large as the window allows, for what needs room. */
  readonly isLarge?: boolean;
  readonly children: ComponentChildren;
}

/** A dialog that is open for as long as it is drawn. Escape and a click beside it close it as well. */
export function Dialog({ title, closeLabel, onClose, isLarge = false, children }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const isPressedBeside = useRef(false);
  useEffect(() => {
    // The browser gives the focus back to where it was when the dialog closes.
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={isLarge ? 'dialog dialog-large' : 'dialog'}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        isPressedBeside.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        // Text that is selected beyond the edge of the dialog ends in a click beside it, too.
        if (event.target === event.currentTarget && isPressedBeside.current) onClose();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button class="quiet icon" title={closeLabel} aria-label={closeLabel} onClick={onClose}>
            <svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
              <path d="M5 5l10 10M15 5 5 15" />
            </svg>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
