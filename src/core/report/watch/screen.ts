import { shortId } from '../../base/short-id.js';
import { formatDuration } from '../../base/units.js';
import { orUnknown, percentText, plural, significant, timeText, whole } from '../../measurement/numbers.js';
import type { Activity, Course, Percentiles } from '../../watch/activity.js';
import { countsOf, type QueueView, roomOf, runningInCluster } from '../../watch/queue-view.js';
import type { Reading } from '../../watch/watched-server.js';
import { oneLine } from '../text/escape.js';
import { cut, fill, padEnd, padStart, type Paint, painter, type ReportStyle } from '../text/style.js';
import { bar, sparkline } from './bars.js';
import { modelLines } from './model-lines.js';

/** What the screen shows. */
export interface Picture {
  readonly url: string;
  readonly model: string;
  /** With several models: the one whose limit the keys change. */
  readonly selected: string | null;
  readonly reading: Reading;
  readonly activity: Activity;
  readonly course: Course;
  /** A line at the end: what the last key did, or why the figures are old. */
  readonly message: { readonly text: string; readonly isProblem: boolean } | null;
}

export interface ScreenStyle extends ReportStyle {
  /** Rows of the terminal. */
  readonly height: number;
}

/** Where windows are low, the figures and the heads of both queues are what counts. */
const fewestRows = 8;

/**
 * Both queues of a server on one screen. Of queues that are longer than the screen, the heads are shown, and the number of
 * the others. What the server has sent has no control characters there.
 *
 * @returns at most `height` lines, none wider than `width`
 */
export function screenLines(picture: Picture, style: ScreenStyle): readonly string[] {
  const paint = painter(style);
  const { reading, message } = picture;
  const { models } = reading.queue;
  const head = [
    ...titleLines(picture, style.width, paint),
    ...figureLines(picture, style.width, paint),
    '',
    ...(models === undefined ? [] : [...modelLines(models, picture.selected, style.width, paint), '']),
  ];
  const foot = [
    ...(message === null
      ? []
      : [paint(message.isProblem ? 'yellow' : 'cyan', cut(oneLine(message.text), style.width))]),
    paint('dim', cut(keysText(models !== undefined), style.width)),
  ];
  const room = Math.max(fewestRows, style.height - head.length - foot.length);
  const queues = queueLines(reading.queue, room, style.width, paint);
  const filler = Array.from({ length: Math.max(0, room - queues.length) }, () => '');
  const lines = [...head, ...queues, ...filler, ...foot];
  // A window that is too low for all of it shows the beginning.
  return lines.slice(0, style.height);
}

function keysText(areSeveral: boolean): string {
  if (areSeveral) return 'q quits · ↑ and ↓ choose a model · + and - change its max-concurrency';
  return 'q quits · + and - change max-concurrency';
}

function titleLines({ url, model, reading }: Picture, width: number, paint: Paint): readonly string[] {
  const { queue, totals } = reading;
  const restarts = totals.engineRestarts ?? 0;
  const states = [
    ...(queue.draining ? ['draining: no new requests'] : []),
    ...(restarts > 0 ? [plural(restarts, 'engine restart')] : []),
  ];
  const served = queue.models === undefined ? model : plural(queue.models.length, 'model');
  const title = paint('bold', cut(oneLine(`${served} at ${url}`), width));
  return states.length === 0 ? [title] : [title, paint('yellow', cut(states.join(' · '), width))];
}

const gaugeWidth = 20;

/** The course of the last minute, at one reading per second. */
const widestCourse = 60;

function figureLines({ reading, activity, course }: Picture, width: number, paint: Paint): readonly string[] {
  const { queue } = reading;
  const { ttft, queueWait, tpot } = activity;
  const most = roomOf(queue);
  const counts = countsOf(queue);
  const inCluster = runningInCluster(queue);
  const gauge = (name: string, count: number, most: number, values: readonly number[]): string => {
    const text = `${padEnd(name, 9)}${padStart(`${whole(count)} of ${whole(most)}`, 12)}`;
    const room = width - text.length - gaugeWidth - 4;
    const { filled, empty } = bar(count, most, gaugeWidth);
    const full = most > 0 && count >= most ? 'yellow' : 'green';
    if (room < 0) return cut(text, width);
    return `${text}  ${paint(full, filled)}${paint('dim', empty)}  ${paint('cyan', sparkline(values, Math.min(widestCourse, room)))}`;
  };
  const rate = `${padEnd('tokens/s', 9)}${padStart(orUnknown(activity.outputTokensPerSecond, significant), 12)}  `;
  const room = Math.min(gaugeWidth + 2 + widestCourse, width - rate.length);
  const refused = activity.refusedPerSecond ?? 0;
  return [
    gauge('running', counts.running, most.running, course.running),
    ...(inCluster === null ? [] : [gauge('cluster', inCluster, most.running, []).trimEnd()]),
    gauge('waiting', counts.waiting, most.waiting, course.waiting),
    `${cut(rate, width)}${paint('cyan', sparkline(course.outputTokensPerSecond, room))}`,
    ...fill(
      [
        `${orUnknown(activity.requestsPerSecond, significant)} requests/s`,
        ...(refused > 0 ? [`${significant(refused)} refused/s`] : []),
        `TTFT ${percentilesText(ttft)}`,
        `queue wait ${percentilesText(queueWait)}`,
        `TPOT ${percentilesText(tpot)}`,
        ...(activity.cachedShare === null ? [] : [`${percentText(activity.cachedShare)} of prompt tokens cached`]),
      ],
      ' · ',
      width,
    ).map((line) => cut(line, width)),
  ];
}

function percentilesText({ p50, p95 }: Percentiles): string {
  return p50 === null ? orUnknown(p50, timeText) : `p50 ${timeText(p50)}, p95 ${orUnknown(p95, timeText)}`;
}

/** The text before the names and identifiers in both lists. */
const timesWidth = 38;

/** Longer names of keys and models are cut. */
const keyWidth = 16;

/** The running requests get the rows that they need, but leave the waiting ones half of the room. */
function queueLines(queue: QueueView, room: number, width: number, paint: Paint): readonly string[] {
  const { running, waiting } = queue;
  const half = Math.floor((room - 3) / 2);
  const forRunning = Math.min(running.length, Math.max(half, room - 3 - waiting.length));
  const forWaiting = room - 3 - forRunning;
  const withKeys = [...running, ...waiting].some(({ key }) => key !== 'anonymous');
  const withModels = queue.models !== undefined;
  const column = (text: string): string => `${padEnd(cut(oneLine(text), keyWidth), keyWidth)}  `;
  const owned = (key: string, id: string, model = ''): string =>
    `${withModels ? column(model) : ''}${withKeys ? column(key) : ''}${id}`;
  // Cut off at the end, they would all look the same.
  const longest = Math.max(...[...running, ...waiting].map(({ id }) => id.length));
  const idOf = timesWidth + owned('', '').length + longest <= width ? oneLine : (id: string) => shortId(oneLine(id));
  const now = running.map(
    ({ id, key, model, slot, prompt_tokens: prompt, output_tokens: output, running_ms: ms }) =>
      `${padStart(orUnknown(slot, String), 5)}  ${padStart(whole(prompt), 8)}  ${padStart(whole(output), 8)}  ${padStart(seconds(ms), 9)}  ${owned(key, idOf(id), model)}`,
  );
  const later = waiting.map(
    ({ id, key, model, position, waited_ms: waited, eta_ms: eta, output_tokens: soFar }) =>
      `${padStart(whole(position), 8)}  ${padStart(seconds(waited), 8)}  ${padStart(orUnknown(eta, seconds), 9)}  ${' '.repeat(7)}  ${owned(key, idOf(id), model)}` +
      (soFar === undefined ? '' : `  paused after ${whole(soFar)}`),
  );
  const counts = countsOf(queue);
  return [
    paint('dim', cut(` slot    prompt    output   runs for  ${owned('key', 'request', 'model')}`, width)),
    ...headOf(now, Math.max(1, forRunning), noneListed(queue, 'runs', counts.running), width),
    '',
    paint('dim', cut(`position    waited  starts in           ${owned('key', 'request', 'model')}`, width)),
    ...headOf(
      later,
      Math.max(1, forWaiting),
      preparingText(queue) ?? noneListed(queue, 'waits', counts.waiting),
      width,
    ),
  ].slice(0, room);
}

/**
 * What an empty list says. A front of a cluster lists only its own requests, and a key with the role `user` sees only its own.
 *
 * @param count how many there are, whichever are listed
 */
function noneListed(queue: QueueView, does: 'runs' | 'waits', count: number): string {
  if (runningInCluster(queue) !== null) return `no request of this front ${does}`;
  return count > 0 ? `none of your requests ${does}` : `nothing ${does}`;
}

/** What waits and is not listed, on a server with several models; null if nothing does. */
function preparingText({ models = [] }: QueueView): string | null {
  const preparing = models.reduce((sum, model) => sum + model.preparing, 0);
  return preparing === 0 ? null : `${whole(preparing)} wait for a model, or for their prompts`;
}

/** As many lines as there is room for, the last of which counts those that are left out. */
function headOf(lines: readonly string[], room: number, ifNone: string, width: number): readonly string[] {
  if (lines.length === 0) return [cut(`    – ${ifNone}`, width)];
  if (lines.length <= room) return lines.map((line) => cut(line, width));
  const shown = lines.slice(0, room - 1);
  return [...shown, `    … and ${whole(lines.length - shown.length)} more`].map((line) => cut(line, width));
}

/** Tenths of a second: a value that changes with every picture need not be more precise. */
function seconds(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(Math.round(ms / 1000) * 1000);
}
