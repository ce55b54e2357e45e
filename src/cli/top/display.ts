import type { ChatstreamError } from '../../core/base/errors.js';
import { oneLine } from '../../core/report/text/escape.js';
import { readingJson, readingLine } from '../../core/report/watch/reading.js';
import { type Picture, screenLines } from '../../core/report/watch/screen.js';
import type { Activity } from '../../core/watch/activity.js';
import type { Reading, WatchedServer } from '../../core/watch/watched-server.js';
import { hasColours } from '../terminal/terminal.js';
import { type FullScreen, openFullScreen } from './full-screen.js';
import { LimitTurner } from './limit-turner.js';

/** What is shown, apart from the effects of keys. */
type Shown = Omit<Picture, 'message' | 'selected'>;

/** Where readings are shown. Its functions need no `this`. */
export interface TopDisplay {
  readonly show: (picture: Shown) => void;
  /** The server has not answered; the next attempt may bring it back. */
  readonly problem: (error: ChatstreamError) => void;
  readonly close: () => void;
}

/** One line for each reading, or one JSON object. */
export function topLines(json: boolean, write: (line: string) => void, complain: (line: string) => void): TopDisplay {
  const lineOf = (reading: Reading, activity: Activity): string =>
    json ? JSON.stringify(readingJson(reading, activity, new Date())) : readingLine(reading, activity, new Date());
  return {
    show: ({ reading, activity }) => {
      write(lineOf(reading, activity));
    },
    problem: ({ message }) => {
      complain(oneLine(message));
    },
    close: () => undefined,
  };
}

/**
 * A live screen with keys: `q` leaves, `+` and `-` change the server's max-concurrency. On a server with several
 * models, the arrow keys choose the one whose limit is changed.
 *
 * @param leave called by `q` and Ctrl-C
 * @param readSoon called when there is something new to show
 */
export function topScreen(
  server: WatchedServer,
  { input, output }: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream },
  leave: () => void,
  readSoon: () => void,
): TopDisplay {
  let shown: Shown | null = null;
  let selected: string | null = null;
  let message: Picture['message'] = null;
  const redraw = (): void => {
    if (shown === null) return;
    const size = screen.size();
    // A line that fills the last column makes some terminals continue on the next row.
    screen.draw(
      screenLines({ ...shown, selected, message }, { ...size, width: size.width - 1, colour: hasColours(output) }),
    );
  };
  const say = (text: string, isProblem: boolean): void => {
    message = { text, isProblem };
    redraw();
  };
  const limits = new LimitTurner(server, say, readSoon);
  const turn = async (by: 1 | -1): Promise<void> => {
    if (shown === null) return;
    const { queue } = shown.reading;
    const model = queue.models?.find(({ name }) => name === selected);
    const { max_concurrency: value, slots } = model ?? queue;
    await limits.turn({ model: model?.name ?? null, value, slots }, by);
  };
  const choose = (by: 1 | -1): void => {
    const names = shown?.reading.queue.models?.map(({ name }) => name) ?? [];
    const next = names.findIndex((name) => name === selected) + by;
    selected = names.at(next % Math.max(1, names.length)) ?? null;
    redraw();
  };
  const screen: FullScreen = openFullScreen(input, output, {
    onKey(key) {
      if (key === 'q' || key === '\u0003') leave();
      else if (key === '+' || key === '=') void turn(1);
      else if (key === '-') void turn(-1);
      else if (key === 'down' || key === 'j' || key === '\t') choose(1);
      else if (key === 'up' || key === 'k') choose(-1);
    },
    onResize: redraw,
  });
  return {
    show(picture) {
      shown = picture;
      limits.onReading(picture.reading);
      selected ??= picture.reading.queue.models?.[0]?.name ?? null;
      if (message?.isProblem === true && message.text.startsWith(lostPrefix)) message = null;
      redraw();
    },
    problem(error) {
      say(`${lostPrefix}${error.message}`, true);
    },
    close: screen.close,
  };
}

const lostPrefix = 'No news: ';
