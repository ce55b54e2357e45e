import { type HideNames, withoutNames, withoutNamesInError } from './hidden-names.js';

const blankLines = [Buffer.from('\n\n'), Buffer.from('\n\r\n')];

/** An error is never longer; anything longer is passed on before its end. */
const longestEvent = 1024 * 1024;

const namedError = /^event: ?error\r?$/m;

/** Hides names in the errors that a stream of server-sent events reports. An event is held back until its end. */
export class StreamWithoutNames {
  readonly #hiding: () => HideNames;
  #held: Buffer = Buffer.alloc(0);

  /** @param hiding called for each piece of the stream that may have an error */
  constructor(hiding: () => HideNames) {
    this.#hiding = hiding;
  }

  /**
   * @param chunk a part of the stream, cut anywhere
   * @returns the events that are complete by now, possibly none
   */
  push(chunk: Buffer): Buffer {
    const all = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const end = all.length > longestEvent ? all.length : endOfEvents(all);
    this.#held = all.subarray(end);
    return this.#shown(all.subarray(0, end));
  }

  /** What has come after the last complete event. */
  takeRest(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return this.#shown(rest);
  }

  #shown(events: Buffer): Buffer {
    if (!events.includes('error')) return events;
    const hide = this.#hiding();
    // Bytes as characters, so that those that are not UTF-8 stay as they are.
    const each = events.toString('latin1').split(/(?<=\n\r?\n)/);
    return Buffer.from(each.map((event) => eventWithout(event, hide)).join(''), 'latin1');
  }
}

/** The length of all events that are complete. */
function endOfEvents(bytes: Buffer): number {
  const ends = blankLines.map((line) => {
    const at = bytes.lastIndexOf(line);
    return at < 0 ? 0 : at + line.length;
  });
  return Math.max(...ends);
}

function eventWithout(event: string, hide: HideNames): string {
  if (!event.includes('error')) return event;
  const shown = namedError.test(event) ? withoutNames : withoutNamesInError;
  return event.replaceAll(
    /^(data: ?)(.+)/gm,
    (_line, field: string, data: string) => field + shown(Buffer.from(data, 'latin1'), hide).toString('latin1'),
  );
}
