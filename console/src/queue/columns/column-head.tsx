import type { ComponentChildren, JSX } from 'preact';
import { brief } from '../../ui/format.js';
import { queueWords } from '../words.js';

interface Properties {
  readonly id: string;
  readonly title: string;
  readonly figure: number;
  /** What turns the limit, and shows of how many the figure is. */
  readonly limit?: JSX.Element;
  /** What the figure counts, or how many there are beyond the limit. */
  readonly unit?: string | undefined;
  /** How full it is, from 0 to 1. */
  readonly share?: number;
  /** Which part of it may be used, from 0 to 1. */
  readonly open?: number;
  readonly note?: string | undefined;
  readonly children?: ComponentChildren;
}

export function ColumnHead({ id, title, figure, limit, unit, share, open, note, children }: Properties): JSX.Element {
  const words = queueWords();
  return (
    <header class="queue-head">
      <h2 id={id}>{title}</h2>
      {note !== undefined && <p class="queue-note figure">{note}</p>}
      <div class="queue-count">
        <strong class="figure">{brief(figure)}</strong>
        {limit !== undefined && (
          <>
            <span>{words.of}</span>
            {limit}
          </>
        )}
        {unit !== undefined && <span class="figure">{unit}</span>}
        {children}
      </div>
      {share !== undefined && (
        <div class="queue-meter" aria-hidden="true">
          <span class="queue-meter-fill" style={{ '--share': String(Math.min(1, share)) }} />
          {open !== undefined && open < 1 && <span class="queue-meter-limit" style={{ '--share': String(open) }} />}
        </div>
      )}
    </header>
  );
}
