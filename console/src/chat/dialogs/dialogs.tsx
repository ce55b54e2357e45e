import type { JSX } from 'preact';
import { Dialog } from '../../ui/dialog.js';
import { shownDialog } from '../panes/shown-dialog.js';
import { chatWords } from '../words.js';
import { KeptList } from './kept-list.js';
import { SettingsForm } from './settings-form.js';

import './dialogs.css';

export function Dialogs(): JSX.Element | null {
  const words = chatWords();
  const shown = shownDialog.value;
  const closing = {
    closeLabel: words.close,
    onClose: () => (shownDialog.value = { type: 'none' }),
  };
  switch (shown.type) {
    case 'none':
      return null;
    case 'settings':
      return (
        <Dialog title={words.settings} {...closing}>
          <SettingsForm pane={shown.pane} />
        </Dialog>
      );
    case 'kept':
      return (
        <Dialog title={words.keptTitle} {...closing}>
          <KeptList pane={shown.pane} />
        </Dialog>
      );
  }
}
