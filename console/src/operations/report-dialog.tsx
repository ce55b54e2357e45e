import type { JSX } from 'preact';
import { Dialog } from '../ui/dialog.js';
import { operationsWords } from './words.js';

interface ReportDialogProps {
  /** As the server names it. */
  readonly path: string;
  readonly onClose: () => void;
}

/** The report of a load test: a page with a policy of its own, in a sandbox. */
export function ReportDialog({ path, onClose }: ReportDialogProps): JSX.Element {
  const words = operationsWords();
  // Relative to this page, which may have been reached below another path.
  const url = path.replace(/^\//, '');
  return (
    <Dialog title={words.report} closeLabel={words.close} onClose={onClose} isLarge>
      <p>
        <a href={url} target="_blank" rel="noopener noreferrer">
          {words.ownTab}
        </a>
      </p>
      <iframe class="operations-report" src={url} title={words.report} sandbox="allow-scripts allow-downloads" />
    </Dialog>
  );
}
