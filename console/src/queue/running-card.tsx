import type { JSX } from 'preact';
import { brief, count, rate } from '../ui/format.js';
import { Elapsed } from './elapsed.js';
import { hue, KeyName } from './key-name.js';
import type { Density } from './places.js';
import { requestRate, type Running } from './queue-state.js';
import { TokenTrace } from './token-trace.js';
import { queueWords } from './words.js';

interface Properties {
  readonly entry: Running;
  readonly density: Density;
}

export function RunningCard({ entry, density }: Properties): JSX.Element {
  const words = queueWords();
  const isReading = entry.outputTokens === 0;
  const tokens = brief(entry.outputTokens);
  const stamp = { 'data-flip': entry.id, 'data-request': entry.id, 'data-state': 'running' };
  switch (density) {
    case 'tile':
      return (
        <li class={`queue-card queue-running-card ${isReading ? 'queue-reading' : ''}`} title={entry.key} {...stamp}>
          <span class={`queue-dot queue-hue-${hue(entry.key)}`} aria-hidden="true" />
          <span class="visually-hidden">{entry.key}</span>
          <strong class="figure">{tokens}</strong>
        </li>
      );
    case 'short':
      return (
        <li class={`queue-card queue-running-card ${isReading ? 'queue-reading' : ''}`} {...stamp}>
          <KeyName name={entry.key} />
          <strong class="figure">{tokens}</strong>
          {isReading ? <Prefill /> : <TokenTrace trace={entry.trace} />}
        </li>
      );
    case 'full': {
      const perSecond = requestRate(entry);
      return (
        <li class={`queue-card queue-running-card ${isReading ? 'queue-reading' : ''}`} {...stamp}>
          <KeyName name={entry.key} />
          <span class="queue-slot figure">{entry.slot !== null && words.slot(entry.slot)}</span>
          <span class="queue-tokens">
            <strong class="figure">{tokens}</strong> {words.tokens}
          </span>
          <span class="queue-speed figure">
            {!isReading && perSecond !== null && `${rate(perSecond)}${words.perSecond}`}
          </span>
          {isReading ? <Prefill /> : <TokenTrace trace={entry.trace} />}
          <span class="queue-prompt figure">
            {isReading ? words.readingPrompt : words.prompt(count(entry.promptTokens))}
          </span>
          <span class="queue-ran">
            <Elapsed key={entry.id} sinceMs={entry.startedAtMs} />
          </span>
        </li>
      );
    }
  }
}

/** The server does not tell how far it has read: a bar that moves says only that it does. */
function Prefill(): JSX.Element {
  return <span class="queue-prefill" aria-hidden="true" />;
}
