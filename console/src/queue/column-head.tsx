import type { ComponentChildren, JSX } from 'preact';
import { brief } from '../ui/format.js';

interface Properties {
  readonly id: string;
  readonly title: string;
  readonly figure: number;
  /** Of how many. */
  readonly of: string;
  /** How full it is, from 0 to 1. */
  readonly share?: number;
  /** Where the limit is, from 0 to 1. */
  readonly limit?: number;
  readonly note?: string | undefined;
  readonly children?: ComponentChildren;
}

export function ColumnHead({ id, title, figure, of, share, limit, note, children }: Properties): JSX.Element {
  return (
    <header class="queue-head">
      <h2 id={id}>{title}</h2>
      {note !== undefined && <p class="queue-note figure">{note}</p>}
      <p class="queue-count">
        <strong class="figure">{brief(figure)}</strong> <span class="figure">{of}</span>
      </p>
      {children}
      {share !== undefined && (
        <div class="queue-meter" aria-hidden="true">
          <span class="queue-meter-fill" style={{ '--share': String(Math.min(1, share)) }} />
          {limit !== undefined && limit < 1 && <span class="queue-meter-limit" style={{ '--share': String(limit) }} />}
        </div>
      )}
    </header>
  );
}
