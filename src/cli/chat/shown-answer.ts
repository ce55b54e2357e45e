import { formatDuration } from '../../core/base/units.js';
import type { AnswerEvent } from '../../core/chat/answer-events.js';
import { renderMarkdown } from '../../core/report/markdown/markdown.js';
import { oneLine } from '../../core/report/text/escape.js';
import { readable } from '../../core/report/text/readable.js';
import { cut, painter, type ReportStyle, wrap } from '../../core/report/text/style.js';
import { reportStyle } from '../terminal/terminal.js';
import { countsText } from './answer-counts.js';
import { showLiveText } from './live-text.js';

/** Shows an answer as it arrives. Its functions need no `this`. */
export interface ShownAnswer {
  readonly show: (event: AnswerEvent) => void;
  /** @param ending how it ended, if that is worth mentioning */
  readonly close: (ending: string | null) => void;
}

/** Prints text as it arrives, for pipes and files. */
export function plainAnswer(output: NodeJS.WriteStream): ShownAnswer {
  let last = '\n';
  return {
    show(event) {
      if (event.type !== 'text') return;
      output.write(event.text);
      last = event.text.at(-1) ?? last;
    },
    close() {
      if (last !== '\n') output.write('\n');
    },
  };
}

/** Faster changes cannot be read, and Markdown has to be laid out again for each of them. */
const redrawEveryMs = 50;

/**
 * Shows Markdown that is laid out while it is being written, the model's thoughts, and the request's place in the
 * queue.
 */
export function liveAnswer(output: NodeJS.WriteStream): ShownAnswer {
  const live = showLiveText(output);
  const startedAtMs = performance.now();
  let thought = '';
  let text = '';
  let waiting: string | null = null;
  let firstTextMs: number | null = null;
  let counts: string | null = null;
  let timer: NodeJS.Timeout | null = null;

  const draw = (ending: string | null = null): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const style = answerStyle(output);
    const paint = painter(style);
    const thoughts =
      thought.trim() === '' ? [] : wrap(thought, style.width - 2).map((line) => paint('dim', `  ${line}`));
    const answer = text.trim() === '' ? [] : renderMarkdown(text, style);
    const place = waiting === null ? [] : [paint('dim', cut(waiting, style.width))];
    const footer = ending === null ? [] : [paint('dim', cut(oneLine(ending), style.width))];
    const parts = [thoughts, answer, place, footer].filter((part) => part.length > 0);
    live.show(parts.flatMap((part, index) => (index === 0 ? part : ['', ...part])));
  };
  const drawSoon = (): void => {
    timer ??= setTimeout(draw, redrawEveryMs);
  };
  return {
    show(event) {
      switch (event.type) {
        case 'queued':
          waiting = waitingText(event.position, event.etaMs);
          drawSoon();
          return;
        case 'thought':
        case 'text':
          waiting = null;
          firstTextMs ??= performance.now() - startedAtMs;
          if (event.type === 'thought') thought += readable(event.text);
          else text += readable(event.text);
          drawSoon();
          return;
        case 'counted': {
          const decodeSeconds = (performance.now() - startedAtMs - (firstTextMs ?? 0)) / 1000;
          counts = countsText({ tokens: event.outputTokens, firstTextMs, queueMs: event.queueMs, decodeSeconds });
          return;
        }
        case 'finished':
          return;
      }
    },
    close(ending) {
      waiting = null;
      const words = [ending, counts].filter((each) => each !== null).join(' · ');
      draw(words === '' ? null : words);
      live.close();
    },
  };
}

/** One column stays free, because a line that fills the last one makes some terminals continue on the next row. */
function answerStyle(output: NodeJS.WriteStream): ReportStyle {
  const { colour, width } = reportStyle(output);
  return { colour, width: Math.max(1, width - 1) };
}

function waitingText(position: number, etaMs: number | null): string {
  const soon = etaMs === null ? '' : `, about ${formatDuration(Math.max(1, Math.round(etaMs / 1000)) * 1000)}`;
  return position === 1 ? `waiting: next in the queue${soon}` : `waiting: position ${position} in the queue${soon}`;
}
