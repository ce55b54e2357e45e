import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { count, rate } from '../../ui/format.js';
import { now } from '../../ui/now.js';
import { useSize } from '../../ui/size.js';
import { isWide } from '../../ui/wide.js';
import { capacityOf } from '../capacity.js';
import { gapOf } from '../places.js';
import { type QueueState, tokenRate } from '../queue-state.js';
import { runningPlaces } from '../running-places.js';
import { queueWords } from '../words.js';
import { ColumnHead } from './column-head.js';
import { LimitStepper } from './limit-stepper.js';
import { RunningCard } from './running-card.js';

/** The processing queue: a place for each request that may run. */
export function RunningColumn({ state }: { readonly state: QueueState }): JSX.Element {
  const words = queueWords();
  const grid = useRef<HTMLUListElement>(null);
  const size = useSize(grid);
  const { status, running, waiting } = state;
  const { layout, places, more } = runningPlaces(state, size.value, isWide.value);
  const hasClasses = new Set([...running, ...waiting].map(({ trafficClass }) => trafficClass)).size > 1;
  const hasModels = status.models.length > 1 || new Set(running.map(({ model }) => model)).size > 1;
  const gap = gapOf(layout.density);
  // A front of a cluster knows only its own requests.
  const free = status.slots_at === 'nodes' ? words.freeOrElsewhere : words.free;
  const namesOthers = status.lists === 'own' && layout.density !== 'tile';
  return (
    <section class="queue-column queue-running" aria-labelledby="queue-running">
      <RunningHead state={state} />
      <ul
        ref={grid}
        class={`queue-places queue-${layout.density}`}
        style={{ '--columns': String(layout.columns), '--row': `${layout.rowHeight}rem`, '--card-gap': `${gap}rem` }}
      >
        {places.map((place) =>
          place.kind === 'running' ? (
            <RunningCard
              key={place.entry.id}
              entry={place.entry}
              density={layout.density}
              showsModel={hasModels}
              showsClass={hasClasses}
            />
          ) : (
            <li key={place.place} class={`queue-place ${place.kind === 'closed' ? 'queue-closed' : ''}`}>
              <span>{place.kind === 'closed' ? words.closed : free}</span>
            </li>
          ),
        )}
        {more > 0 && (
          <li class="queue-place queue-rest figure">
            <span>{namesOthers ? words.ofOthers(count(more)) : `+${count(more)}`}</span>
          </li>
        )}
      </ul>
    </section>
  );
}

function RunningHead({ state }: { readonly state: QueueState }): JSX.Element {
  const words = queueWords();
  const { status } = state;
  const { maxConcurrency, slots } = capacityOf(status);
  return (
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
