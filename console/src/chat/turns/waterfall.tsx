import type { JSX } from 'preact';
import { fineTime } from '../../ui/format.js';
import type { Answer } from '../conversation/answer.js';
import { type Stage, type Timeline, timelineOf } from '../conversation/timeline.js';
import { chatWords } from '../words.js';

import './waterfall.css';

/** Where the time of an answer went: one bar and two figures, and on demand the stages below each other. */
export function Waterfall({ answer }: { readonly answer: Answer }): JSX.Element | null {
  const words = chatWords();
  const timeline = timelineOf(answer);
  if (timeline === null) return null;
  const { stages, ttftMs, tokensPerSecond, tokens } = timeline;
  const total = totalOf(timeline);
  const percent = (ms: number): string => `${(ms / total) * 100}%`;
  return (
    <details class="chat-waterfall">
      <summary>
        <span class="chat-bar-line" aria-hidden="true">
          {stages.map(({ name, ms }) => (
            <span key={name} class={`chat-stage-${name}`} style={{ width: percent(ms) }} />
          ))}
        </span>
        <span class="figure">
          {words.ttft} {fineTime(ttftMs)}
        </span>
        {tokensPerSecond !== null && <span class="figure">{words.perSecond(tokensPerSecond)}</span>}
      </summary>
      <dl>
        {stages.map(({ name, ms }, index) => (
          <div key={name}>
            <dt>{words.stage(name)}</dt>
            <dd>
              <span class="chat-track" aria-hidden="true">
                <span
                  class={`chat-stage-${name}`}
                  style={{ marginLeft: percent(before(stages, index)), width: percent(ms) }}
                />
              </span>
              <span class="figure">{fineTime(ms)}</span>
            </dd>
          </div>
        ))}
      </dl>
      {tokens !== null && (
        <p class="quiet figure">
          {words.tokens(tokens.output)} · {words.cached(tokens.cached, tokens.prompt)}
        </p>
      )}
    </details>
  );
}

function totalOf({ stages }: Timeline): number {
  return Math.max(before(stages, stages.length), 1);
}

function before(stages: readonly Stage[], index: number): number {
  return stages.slice(0, index).reduce((sum, { ms }) => sum + ms, 0);
}
