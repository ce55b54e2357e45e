import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { count, rate } from '../../ui/format.js';
import { now } from '../../ui/now.js';
import { useSize } from '../../ui/size.js';
import { isWide } from '../../ui/wide.js';
import { capacityOf } from '../capacity.js';
import { arrange, gapOf } from '../places.js';
import { type QueueState, tokenRate } from '../queue-state.js';
import { queueWords } from '../words.js';
import { ColumnHead } from './column-head.js';
import { LimitStepper } from './limit-stepper.js';
import { RunningCard } from './running-card.js';

/** With more slots than that, those above the limit are not drawn. */
const mostClosed = 64;
/** In rem; where the page scrolls. */
const heightOnNarrow = { each: 9.5, most: 44 };

/** The processing queue: a place for each request that may run. */
export function RunningColumn({ state }: { readonly state: QueueState }): JSX.Element {
  const words = queueWords();
  const grid = useRef<HTMLUListElement>(null);
  const size = useSize(grid);
  const { status, running } = state;
  const { maxConcurrency, slots } = capacityOf(status);
  const lastPlace = (running.at(-1)?.place ?? -1) + 1;
  const drawsClosed = isWide.value && slots <= mostClosed;
  // If not all that run are listed, it is not known which of the other places are free.
  const isWhole = running.length === status.running_count;
  const isOwn = status.lists === 'own';
  const open = drawsClosed ? slots : maxConcurrency;
  // Those that are not listed take one place together.
  const places = isWhole ? (isOwn ? lastPlace : Math.max(open, lastPlace)) : lastPlace + 1;
  const height = isWide.value ? (size.value?.height ?? 0) : Math.min(heightOnNarrow.each * places, heightOnNarrow.most);
  const layout = arrange(places, size.value?.width ?? 0, height);
  // The last place says how many more there are.
  const isCut = layout.shown < places || !isWhole;
  const shown = isCut ? Math.min(layout.shown - 1, isWhole ? places : lastPlace) : places;
  const byPlace = new Map(running.map((entry) => [entry.place, entry]));
  const more = status.running_count - running.filter(({ place }) => place < shown).length;
  const hasClasses = new Set([...running, ...state.waiting].map(({ trafficClass }) => trafficClass)).size > 1;
  const hasModels = status.models.length > 1 || new Set(running.map(({ model }) => model)).size > 1;
  const gap = gapOf(layout.density);
  // A front of a cluster knows only its own requests.
  const free = status.slots_at === 'nodes' ? words.freeOrElsewhere : words.free;
  return (
    <section class="queue-column queue-running" aria-labelledby="queue-running">
      <ColumnHead
        id="queue-running"
        title={words.running}
        figure={status.running_count}
        limit={
          !status.may_turn || status.models.length > 1 ? (
            <span class="figure">{count(maxConcurrency)}</span>
          ) : (
            <LimitStepper
              name="max_concurrency"
              label={words.limitRunning}
              value={status.max_concurrency}
              min={1}
              max={status.slots}
              byOnes={status.slots <= 64}
            />
          )
        }
        unit={slots === maxConcurrency ? undefined : words.slots(count(slots))}
        share={slots === 0 ? 0 : status.running_count / slots}
        open={slots === 0 ? 1 : maxConcurrency / slots}
      >
        <TokensPerSecond state={state} />
      </ColumnHead>
      <ul
        ref={grid}
        class={`queue-places queue-${layout.density}`}
        style={{ '--columns': String(layout.columns), '--row': `${layout.rowHeight}rem`, '--card-gap': `${gap}rem` }}
      >
        {Array.from({ length: shown }, (_, place) => {
          const entry = byPlace.get(place);
          if (entry !== undefined) {
            return (
              <RunningCard
                key={entry.id}
                entry={entry}
                density={layout.density}
                showsModel={hasModels}
                showsClass={hasClasses}
              />
            );
          }
          const closed = place >= maxConcurrency;
          return (
            <li key={place} class={`queue-place ${closed ? 'queue-closed' : ''}`}>
              <span>{closed ? words.closed : free}</span>
            </li>
          );
        })}
        {more > 0 && (
          <li class="queue-place queue-rest figure">
            <span>{isOwn && layout.density !== 'tile' ? words.ofOthers(count(more)) : `+${count(more)}`}</span>
          </li>
        )}
      </ul>
    </section>
  );
}

/** It continues by itself: a server at which nothing happens tells nothing. */
function TokensPerSecond({ state }: { readonly state: QueueState }): JSX.Element {
  const words = queueWords();
  const perSecond = tokenRate(state, now.value);
  return (
    <p class="queue-rate">
      <strong class="figure">{perSecond === null ? '–' : rate(perSecond)}</strong> {words.tokensPerSecond}
    </p>
  );
}
