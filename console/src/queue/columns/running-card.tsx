import type { JSX } from 'preact';
import { brief, count, rate } from '../../ui/format.js';
import { now } from '../../ui/now.js';
import { className } from '../class-name.js';
import type { Density } from '../places.js';
import { requestRate, type Running } from '../queue-state.js';
import { queueWords } from '../words.js';
import { Elapsed } from './elapsed.js';
import { hue, KeyName } from './key-name.js';
import { TokenTrace } from './token-trace.js';

interface Properties {
  readonly entry: Running;
  readonly density: Density;
  readonly showsModel: boolean;
  readonly showsClass: boolean;
}

export function RunningCard({ entry, density, showsModel, showsClass }: Properties): JSX.Element {
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
          {isReading ? <Prefill entry={entry} /> : <TokenTrace trace={entry.trace} />}
        </li>
      );
    case 'full': {
      const slot = joined(
        entry.slot === null ? null : words.slot(entry.slot),
        entry.executor,
        entry.places === 1 ? null : words.places(entry.places),
      );
      const prompt = joined(
        showsModel ? entry.model : null,
        showsClass ? className(words, entry.trafficClass) : null,
        isReading ? readingText(entry, words) : words.prompt(count(entry.promptTokens)),
      );
      return (
        <li class={`queue-card queue-running-card ${isReading ? 'queue-reading' : ''}`} {...stamp}>
          <KeyName name={entry.key} />
          <span class="queue-slot figure" title={slot}>
            {slot}
          </span>
          <span class="queue-tokens">
            <strong class="figure">{tokens}</strong> {words.tokens}
          </span>
          <span class="queue-speed figure">{!isReading && <Speed entry={entry} />}</span>
          {isReading ? <Prefill entry={entry} /> : <TokenTrace trace={entry.trace} />}
          <span class="queue-prompt figure" title={prompt}>
            {prompt}
          </span>
          <span class="queue-ran">
            <Elapsed key={entry.id} sinceMs={entry.startedAtMs} />
          </span>
        </li>
      );
    }
  }
}

/** It continues by itself: of a request that is stuck the server tells nothing. */
function Speed({ entry }: { readonly entry: Running }): JSX.Element | null {
  const perSecond = requestRate(entry, now.value);
  return perSecond === null ? null : <>{`${rate(perSecond)}${queueWords().perSecond}`}</>;
}

function joined(...texts: readonly (string | null)[]): string {
  return texts.filter((text) => text !== null).join(' · ');
}

function readingText({ prefilledTokens, promptTokens }: Running, words: ReturnType<typeof queueWords>): string {
  if (prefilledTokens === null) return words.readingPrompt;
  return words.prefilled(count(prefilledTokens), count(promptTokens));
}

/** How far the prompt has been read. Where the server does not tell, a bar that moves says only that it is read. */
function Prefill({ entry: { prefilledTokens, promptTokens } }: { readonly entry: Running }): JSX.Element {
  if (prefilledTokens === null) return <span class="queue-prefill" aria-hidden="true" />;
  const share = String(Math.min(1, prefilledTokens / promptTokens));
  return <span class="queue-prefill queue-prefill-known" style={{ '--share': share }} aria-hidden="true" />;
}
