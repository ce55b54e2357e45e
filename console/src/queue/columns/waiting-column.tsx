import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { count, duration } from '../../ui/format.js';
import { now } from '../../ui/now.js';
import { useSize } from '../../ui/size.js';
import { isWide } from '../../ui/wide.js';
import { capacityOf } from '../capacity.js';
import { className } from '../class-name.js';
import { lineCount, shownLines } from '../lines.js';
import type { QueueState, Waiting } from '../queue-state.js';
import { queueWords } from '../words.js';
import { ColumnHead } from './column-head.js';
import { Elapsed } from './elapsed.js';
import { KeyName } from './key-name.js';
import { LimitStepper } from './limit-stepper.js';

/** In rem, with the gap to the next. */
const rowHeight = 3.125;
const headingHeight = 1.75;
/** Where the page scrolls, so that what runs is still in sight. */
const rowsOnNarrow = 5;

/** The request queue: the heads of its line, or of the lines of its classes if there are several. */
export function WaitingColumn({ state }: { readonly state: QueueState }): JSX.Element {
  const words = queueWords();
  const list = useRef<HTMLDivElement>(null);
  const size = useSize(list);
  const { status, waiting } = state;
  const ofLines = lineCount(waiting);
  const headings = ofLines > 1 ? ofLines * headingHeight : 0;
  const rows = isWide.value ? Math.floor(((size.value?.height ?? 0) - headings) / rowHeight) : rowsOnNarrow + ofLines;
  const { lines, more, isMoreSaid } = shownLines(state, rows);
  const hasModels = new Set(waiting.map(({ model }) => model)).size > 1;
  const hasClasses = new Set(waiting.map(({ trafficClass }) => trafficClass)).size > 1;
  const isOwn = status.lists === 'own';
  return (
    <section class="queue-column queue-waiting" aria-labelledby="queue-waiting">
      <WaitingHead status={status} />
      <div class="queue-list" ref={list}>
        {waiting.length === 0 && <p class="queue-none">{isOwn ? words.noneOfYours : words.noneWaiting}</p>}
        {lines.map(({ model, trafficClass, entries }) => (
          <div key={`${model} ${trafficClass}`} class="queue-line">
            {ofLines > 1 && (
              <h3>
                {hasModels && model !== null && (
                  <span class="queue-line-model" title={model}>
                    {model}
                  </span>
                )}
                {hasModels && hasClasses && model !== null && ' · '}
                {hasClasses && className(words, trafficClass)}
              </h3>
            )}
            <ol>
              {entries.map((entry) => (
                <WaitingCard key={entry.id} entry={entry} />
              ))}
            </ol>
          </div>
        ))}
        {isMoreSaid && <p class="queue-more figure">{isOwn ? words.ofOthers(count(more)) : words.more(count(more))}</p>}
      </div>
    </section>
  );
}

/** How many wait, of how many may. The limit can be changed where it is that of a single model. */
function WaitingHead({ status }: Pick<QueueState, 'status'>): JSX.Element {
  const words = queueWords();
  const { maxQueue } = capacityOf(status);
  const isTurned = status.may_turn && status.models.length < 2;
  return (
    <ColumnHead
      id="queue-waiting"
      title={words.waiting}
      figure={status.waiting_count}
      limit={
        isTurned ? (
          <LimitStepper
            name="max_queue"
            label={words.limitWaiting}
            value={status.max_queue}
            min={0}
            max={1_000_000}
            byOnes={false}
          />
        ) : (
          <span class="figure">{count(maxQueue)}</span>
        )
      }
      unit={isTurned && status.lines > 1 ? words.timesLines(count(status.lines)) : undefined}
      share={maxQueue === 0 ? 0 : status.waiting_count / maxQueue}
      note={status.preparing > 0 ? words.preparing(count(status.preparing)) : undefined}
    />
  );
}

function WaitingCard({ entry }: { readonly entry: Waiting }): JSX.Element {
  const words = queueWords();
  return (
    <li class="queue-card queue-waiting-card" data-flip={entry.id} data-request={entry.id} data-state="waiting">
      <span class="queue-position figure">
        <span class="visually-hidden">{words.place} </span>
        {count(entry.position)}
      </span>
      <KeyName name={entry.key} />
      <span class="queue-waited">
        <span class="visually-hidden">{words.waitsFor} </span>
        <Elapsed key={entry.arrivedAtMs} sinceMs={entry.arrivedAtMs} />
      </span>
      <span class="queue-estimate figure">
        {entry.places > 1 && `${words.places(entry.places)} · `}
        <Standing entry={entry} />
      </span>
    </li>
  );
}

function Standing({ entry }: { readonly entry: Waiting }): JSX.Element {
  const words = queueWords();
  if (entry.pausedTokens !== null) return <>{words.paused(count(entry.pausedTokens))}</>;
  return entry.waitsForKey ? <>{words.waitsForKey}</> : <Estimate entry={entry} />;
}

function Estimate({ entry: { expectedAtMs } }: { readonly entry: Waiting }): JSX.Element {
  const words = queueWords();
  if (expectedAtMs === null) return <>{words.noEstimate}</>;
  const leftMs = expectedAtMs - now.value;
  return (
    <>{leftMs < 1000 ? words.soon : words.expected(duration(Math.round(leftMs / 1000) * 1000).replace('.0', ''))}</>
  );
}
