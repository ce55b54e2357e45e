import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { broken } from '../api/connection.js';
import { language } from '../i18n/language.js';
import { timeOfDay } from '../ui/format.js';
import { isDark } from '../ui/theme.js';
import { followHistory } from './history-feed.js';
import { type Panel, panelsOf } from './panels.js';
import { Plot } from './plot.js';
import { choose, chosenAtMs, type Past, past, shownIndex } from './shown.js';
import { chartsWords } from './words.js';

import 'uplot/dist/uPlot.min.css';
import './charts.css';

/** The last 15 minutes of the server. */
export function ChartsView(): JSX.Element {
  const words = chartsWords();
  useEffect(followHistory, []);
  const { value } = past;
  if (value === undefined) return <h1 class="visually-hidden">{words.title}</h1>;
  if (value.samples.length === 0) {
    return (
      <>
        <h1 class="visually-hidden">{words.title}</h1>
        {broken.value === undefined && <p class="quiet">{words.empty}</p>}
      </>
    );
  }
  return <Charts past={value} />;
}

function Charts({ past }: { readonly past: Past }): JSX.Element {
  const words = chartsWords();
  const { samples } = past;
  const times = samples.map(({ at_ms }) => at_ms / 1000);
  const restarts = samples.filter(({ engine_restarts }) => engine_restarts > 0);
  const restartCount = restarts.reduce((sum, { engine_restarts }) => sum + engine_restarts, 0);
  const panels = panelsOf(past, words);
  const last = samples.length - 1;
  return (
    <>
      <div class="charts-bar">
        <h1>{words.lastMinutes}</h1>
        <p class={restartCount > 0 ? 'charts-restarts bad' : 'charts-restarts quiet'}>
          {words.restarts} <strong class="figure">{restartCount}</strong>
        </p>
        <label>
          <span class="figure" aria-hidden="true">
            {timeShown(samples[shownIndex.value]?.at_ms)}
          </span>
          <span class="visually-hidden">{words.time}</span>
          <input
            type="range"
            min={0}
            max={last}
            value={shownIndex.value}
            aria-valuetext={timeShown(samples[shownIndex.value]?.at_ms)}
            onInput={({ currentTarget: { valueAsNumber } }) => {
              choose(valueAsNumber >= last ? undefined : valueAsNumber);
            }}
          />
        </label>
      </div>
      <div class={`charts-grid ${panels.length > 9 ? 'charts-many' : ''}`}>
        {panels.map((panel) => (
          <PanelFigure
            // A chart keeps its colours and its texts: it is made anew for others.
            key={`${panel.id} ${isDark()} ${language.value}`}
            panel={panel}
            times={times}
            restarts={restarts.map(({ at_ms }) => at_ms / 1000)}
          />
        ))}
      </div>
    </>
  );

  function timeShown(atMs: number | undefined): string {
    if (atMs === undefined || (chosenAtMs.value === undefined && broken.value === undefined)) return words.live;
    return words.at(timeOfDay(atMs));
  }
}

interface PanelProperties {
  readonly panel: Panel;
  readonly times: readonly number[];
  readonly restarts: readonly number[];
}

function PanelFigure({ panel, times, restarts }: PanelProperties): JSX.Element {
  const words = chartsWords();
  return (
    <figure class="charts-panel" data-panel={panel.id}>
      <figcaption>
        <h2>{panel.title}</h2>
        {panel.note !== undefined && (
          <p class="charts-note figure" title={panel.note}>
            {panel.note}
          </p>
        )}
        <dl>
          {panel.lines.map(({ label, colour, values, isDashed }) => {
            const value = values[shownIndex.value];
            return (
              <div key={label}>
                <dt>
                  <Marker colour={colour} isDashed={isDashed === true} />
                  {label}
                </dt>
                {value === null || value === undefined ? (
                  <dd class="quiet">{words.none}</dd>
                ) : (
                  <dd class="figure">{panel.format(value)}</dd>
                )}
              </div>
            );
          })}
        </dl>
      </figcaption>
      <Plot panel={panel} times={times} restarts={restarts} />
    </figure>
  );
}

function Marker({ colour, isDashed }: { readonly colour: string; readonly isDashed: boolean }): JSX.Element {
  return (
    <svg viewBox="0 0 14 8" aria-hidden="true" style={{ '--colour': `var(${colour})` }}>
      <path d={isDashed ? 'M0 4h4M7 4h4' : 'M0 4h12'} />
    </svg>
  );
}
