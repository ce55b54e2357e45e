import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { type Clock, systemClock } from '../../core/base/clock.js';
import { formatDuration } from '../../core/base/units.js';
import type { BenchProgress, RunPlace } from '../../core/bench/run/progress.js';
import { medianText, roughMark } from '../../core/measurement/latency/median.js';
import { orUnknown, plural, significant, timeText, whole } from '../../core/measurement/numbers.js';
import type { Run } from '../../core/measurement/result-schema.js';
import { wholeSettingText } from '../../core/measurement/settings/setting-text.js';
import { isOverloadedRun } from '../../core/measurement/validity/overload.js';
import { cut, painter } from '../../core/report/text/style.js';
import { columnsOf, hasColours } from '../terminal/terminal.js';

/** Figures that change faster cannot be read. It is shorter than the time between progress reports, about 200 ms. */
const redrawEveryMs = 150;

/** Wider bars add nothing. */
const widestBar = 40;

/** Shows the progress of a bench. Its functions need no `this`. */
export interface ProgressDisplay {
  /** @param what the bench waits for before it can measure, such as a model that is being loaded */
  readonly waiting: (what: string) => void;
  readonly progress: (progress: BenchProgress) => void;
  readonly finished: (run: Run, place: RunPlace) => void;
  /** Restores the terminal. */
  readonly close: () => void;
}

/**
 * On a terminal, one live block that is redrawn in place and removed at the end. Elsewhere, one line for each wait and
 * each finished run.
 *
 * @param silent shows nothing at all
 */
export function showProgress(stream: NodeJS.WriteStream, silent: boolean, clock: Clock = systemClock): ProgressDisplay {
  const nothing = (): void => undefined;
  if (silent) return { waiting: nothing, progress: nothing, finished: nothing, close: nothing };
  if (hasColours(stream)) return liveBlock(stream, clock);
  const write = (line: string): void => {
    stream.write(`${line}\n`);
  };
  return {
    waiting: write,
    progress: nothing,
    finished: (run, place) => {
      write(finishedLine(run, place));
    },
    close: nothing,
  };
}

function liveBlock(stream: NodeJS.WriteStream, clock: Clock): ProgressDisplay {
  let drawn: readonly string[] = [];
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let drawnPhase = '';

  /** To the beginning of what was drawn: in a window that has become narrower its lines take several rows each. */
  const upToStart = (): string => {
    const columns = columnsOf(stream);
    // Terminals break lines anywhere but within a full-width character.
    const asShown = { hard: true, wordWrap: false, trim: false };
    const rows = drawn.reduce((total, line) => total + wrapAnsi(line, columns, asShown).split('\n').length, 0);
    return rows > 1 ? `\r\u001b[${rows - 1}A` : '\r';
  };
  const draw = (lines: readonly string[], phase: string): void => {
    // One write that replaces each line in place: clearing everything first would flicker.
    const text = lines.map((line) => `${line}\u001b[K`).join('\n');
    stream.write(`${upToStart()}${text}\u001b[J`);
    drawn = lines;
    drawnAtMs = clock.now();
    drawnPhase = phase;
  };
  return {
    waiting: (what) => {
      draw([cut(what, roomOf(columnsOf(stream)))], 'waiting');
    },
    progress: (progress) => {
      const phase = `${progress.run} ${progress.status}`;
      if (clock.now() - drawnAtMs < redrawEveryMs && phase === drawnPhase) return;
      draw(liveLines(progress, { colour: true, width: columnsOf(stream) }), phase);
    },
    finished: () => undefined,
    close: () => {
      if (drawn.length > 0) stream.write(`${upToStart()}\u001b[J`);
      drawn = [];
    },
  };
}

const latencyNames = { ttft: 'TTFT', ttft_from_schedule: 'TTFT from schedule', e2e: 'E2E' } as const;

/** The live block, in lines that fit the terminal. */
export function liveLines(
  progress: BenchProgress,
  { colour, width }: { readonly colour: boolean; readonly width: number },
): readonly string[] {
  const paint = painter({ colour, width });
  const room = roomOf(width);
  const trial = progress.trial > 1 ? `, trial ${progress.trial}` : '';
  const title = `Run ${progress.run}${progress.runs === null ? '' : ` of ${progress.runs}`}: ${serverText(progress)}${wholeSettingText(progress.setting)}${trial}`;
  const p50 = `${progress.isP50Rough && progress.p50Ms !== null ? roughMark : ''}${orUnknown(progress.p50Ms, timeText)}`;
  const latency = progress.isGrowing
    ? 'the queue grows without end'
    : `${latencyNames[progress.latency]} p50 ${p50}, p95 ${orUnknown(progress.p95Ms, timeText)}`;
  const figuresOf = (warmup: number): string =>
    [
      `${whole(progress.completed)} done`,
      ...(warmup > 0 ? [`${whole(warmup)} warm-up`] : []),
      `${whole(progress.inFlight)} in flight`,
      ...(progress.failed > 0 ? [`${whole(progress.failed)} failed`] : []),
      ...(progress.countsTokens ? [`${significant(progress.outputTokensPerSecond)} tokens/s`] : []),
      latency,
    ].join(' · ');
  const all = figuresOf(progress.warmup);
  // After the warm-up, its count is the least useful figure.
  const figures = stringWidth(all) <= room ? all : figuresOf(0);
  const { filled, empty, text } = timeLine(progress, room);
  return [
    paint('bold', cut(title, room)),
    `${paint('cyan', filled)}${paint('dim', empty)}${text}`,
    progress.failed > 0 ? paint('yellow', cut(figures, room)) : cut(figures, room),
  ];
}

/** A line that fills the last column makes some terminals continue on the next row. */
function roomOf(columns: number): number {
  return Math.max(1, columns - 1);
}

interface TimeLine {
  readonly filled: string;
  readonly empty: string;
  readonly text: string;
}

/** The progress of the run, and the time left for all runs. Without a planned end there is no bar. */
function timeLine(progress: BenchProgress, room: number): TimeLine {
  const { elapsedMs, plannedMs, leastRequests, status, run, runs } = progress;
  const what = {
    'warm-up': 'warming up',
    measuring: 'measuring',
    extending: `going on for ${plural(leastRequests ?? 0, 'request')}`,
    finishing: 'waiting for the last answers',
  }[status];
  if (plannedMs === null) return { filled: '', empty: '', text: cut(`${formatDuration(elapsedMs)}, ${what}`, room) };
  const leftMs = Math.max(0, plannedMs - elapsedMs) + ((runs ?? run) - run) * plannedMs;
  // Later runs may continue as well.
  const bound = status === 'extending' ? 'at most' : 'about';
  const left = runs !== null && runs > run ? `, ${bound} ${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left` : '';
  const seconds = (Math.min(elapsedMs, plannedMs) / 1000).toFixed(1);
  const text = `  ${seconds} of ${Number((plannedMs / 1000).toFixed(1))} s, ${what}${left}`;
  const length = Math.min(widestBar, room - stringWidth(text));
  if (length < 8) return { filled: '', empty: '', text: cut(text.trimStart(), room) };
  const done = Math.round(length * Math.min(1, plannedMs === 0 ? 1 : elapsedMs / plannedMs));
  return { filled: '━'.repeat(done), empty: '─'.repeat(length - done), text };
}

/** A finished run in one line, for logs. */
export function finishedLine(
  { settings, trial, requests, rates, metrics, window, ...rest }: Run,
  { run, runs, server }: RunPlace,
): string {
  const { latency, name } = latencyOf(settings, metrics);
  const isCounted = rest.output_tokens_source !== 'none' || requests.completed === 0;
  const { extended_seconds: extendedSeconds } = window;
  const extended =
    extendedSeconds === undefined
      ? ''
      : ` (${formatDuration(extendedSeconds * 1000)} longer than planned, to have enough)`;
  const failed = requests.refused + requests.failed + requests.timed_out;
  return [
    `[${run}${runs === null ? '' : `/${runs}`}] ${serverText({ server })}${wholeSettingText(settings)}${trial > 1 ? `, trial ${trial}` : ''}: `,
    `${plural(requests.completed, 'request')}${warmUpText({ requests, rates, window })} in ${formatDuration(window.span_seconds * 1000)}${extended}, `,
    isCounted
      ? `${significant(rates.output_tokens_per_second)} tokens/s, `
      : `${significant(rates.requests_per_second)} requests/s, `,
    isOverloadedRun(rest)
      ? 'the queue grew without end'
      : `${name} p50 ${medianText(latency, timeText)}, p95 ${orUnknown(latency.p95, timeText)}`,
    failed > 0 ? `, ${whole(failed)} refused or failed` : '',
  ].join('');
}

/** A smaller share of the requests does not change any figure shown in a line. */
const noticeableShare = 0.05;

/**
 * The rates count everything that arrived after the warm-up, including the rest of the answers to its requests. Each counts
 * by the share that arrived, so there is no number of requests to tell.
 */
function warmUpText({ requests: { completed }, rates, window }: Pick<Run, 'requests' | 'rates' | 'window'>): string {
  if (window.warmup_requests === 0) return '';
  const others = rates.requests_per_second * window.span_seconds - completed;
  return others > noticeableShare * completed ? ', and the rest of the warm-up,' : '';
}

/** The time that users wait for first. For answers that arrive as a whole, the end-to-end latency. */
function latencyOf(
  { rate }: Run['settings'],
  { ttft, ttft_from_schedule: fromSchedule, e2e }: Run['metrics'],
): { readonly latency: Run['metrics']['ttft']; readonly name: string } {
  if (ttft.count === 0 && e2e.count > 0) return { latency: e2e, name: latencyNames.e2e };
  return rate === null
    ? { latency: ttft, name: latencyNames.ttft }
    : { latency: fromSchedule, name: latencyNames.ttft_from_schedule };
}

/** Which of two servers a run measures, followed by the separator; empty if there is only one. */
function serverText({ server }: Pick<RunPlace, 'server'>): string {
  if (server === null) return '';
  const other = server.role === 'candidate' ? 'baseline' : 'candidate';
  return `${server.role} ${server.url}${server.isDuet ? ` beside the ${other}` : ''}, `;
}
