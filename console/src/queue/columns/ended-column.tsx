import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { brief, count, duration } from '../../ui/format.js';
import { useSize } from '../../ui/size.js';
import { isWide } from '../../ui/wide.js';
import { className } from '../class-name.js';
import type { Ended, QueueState } from '../queue-state.js';
import { queueWords } from '../words.js';
import { ColumnHead } from './column-head.js';
import { KeyName } from './key-name.js';

const outcomes = ['completed', 'cancelled', 'refused', 'timed_out', 'failed'] as const;
/** In rem, with the gap to the next; with a second line for the class, if there are several. The same is in the CSS. */
const rowHeight = { oneLine: 2.25, twoLines: 2.875 } as const;
const rowsOnNarrow = 6;

/** What has ended, and how. */
export function EndedColumn({ state }: { readonly state: QueueState }): JSX.Element {
  const words = queueWords();
  const list = useRef<HTMLDivElement>(null);
  const size = useSize(list);
  const requests = [...state.ended, ...state.running, ...state.waiting];
  const hasClasses = new Set(requests.map(({ trafficClass }) => trafficClass)).size > 1;
  const height = hasClasses ? rowHeight.twoLines : rowHeight.oneLine;
  const rows = isWide.value ? Math.floor((size.value?.height ?? 0) / height) : rowsOnNarrow;
  const { totals } = state.status;
  return (
    <section class="queue-column queue-ended" aria-labelledby="queue-ended">
      <ColumnHead id="queue-ended" title={words.ended} figure={totals.completed} unit={words.completed} />
      <dl class="queue-totals">
        {outcomes.slice(1).map((outcome) => (
          <div key={outcome} class={totals[outcome] > 0 ? `queue-${outcome}` : 'queue-zero'}>
            <dt>{words[outcome]}</dt>
            <dd class="figure">{brief(totals[outcome])}</dd>
          </div>
        ))}
      </dl>
      <div class="queue-list" ref={list}>
        {state.ended.length === 0 && (
          <p class="queue-none">{state.status.lists === 'own' ? words.noneOfYoursEnded : words.noneEnded}</p>
        )}
        <ul>
          {state.ended.slice(0, Math.max(0, rows)).map((entry) => (
            <EndedRow key={entry.id} entry={entry} showsClass={hasClasses} />
          ))}
        </ul>
      </div>
    </section>
  );
}

interface RowProperties {
  readonly entry: Ended;
  readonly showsClass: boolean;
}

function EndedRow({ entry, showsClass }: RowProperties): JSX.Element {
  const words = queueWords();
  const outcome = outcomes.find((one) => one === entry.outcome);
  const name = outcome === undefined ? entry.outcome : words[outcome];
  return (
    <li
      class={`queue-gone queue-${entry.outcome} ${showsClass ? 'queue-gone-classed' : ''}`}
      data-flip={entry.id}
      data-request={entry.id}
      data-state="ended"
    >
      <span class="queue-outcome" title={name}>
        <OutcomeIcon outcome={entry.outcome} />
        <span class="visually-hidden">{name} </span>
      </span>
      <span class="queue-owner">
        <KeyName name={entry.key} />
        {showsClass && <span class="queue-owner-class">{className(words, entry.trafficClass)}</span>}
      </span>
      <span class="figure">{outcome === 'completed' ? `${count(entry.outputTokens)} ${words.tokensShort}` : name}</span>
      <span class="queue-took figure">
        {!entry.hasRun && <span class="visually-hidden">{words.neverRan}</span>}
        {entry.ranMs !== null && duration(entry.ranMs)}
      </span>
    </li>
  );
}

function OutcomeIcon({ outcome }: { readonly outcome: string }): JSX.Element {
  const path =
    outcome === 'completed'
      ? 'M3.5 8.5 6.5 11.5 12.5 4.5'
      : outcome === 'cancelled'
        ? 'M4 8h8'
        : 'M4.5 4.5l7 7M11.5 4.5l-7 7';
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
