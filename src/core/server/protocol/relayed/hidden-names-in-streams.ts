import { WholeEvents } from '../whole-events.js';
import { type HideNames, withoutNames, withoutNamesInError } from './hidden-names.js';

const namedError = /^event: ?error\r?$/m;

/** Hides names in the errors that a stream of server-sent events reports. An event is held back until its end; no error is longer than that allows. */
export class StreamWithoutNames {
  readonly #hiding: () => HideNames;
  readonly #events = new WholeEvents();

  /** @param hiding called for each piece of the stream that may have an error */
  constructor(hiding: () => HideNames) {
    this.#hiding = hiding;
  }

  /**
   * @param chunk a part of the stream, cut anywhere
   * @returns the events that are complete by now, possibly none
   */
  push(chunk: Buffer): Buffer {
    return this.#shown(this.#events.push(chunk));
  }

  /** What has come after the last complete event. */
  takeRest(): Buffer {
    return this.#shown(this.#events.takeRest());
  }

  #shown(events: Buffer): Buffer {
    if (!events.includes('error')) return events;
    const hide = this.#hiding();
    // Bytes as characters, so that those that are not UTF-8 stay as they are.
    const each = events.toString('latin1').split(/(?<=\n\r?\n)/);
    return Buffer.from(each.map((event) => eventWithout(event, hide)).join(''), 'latin1');
  }
}

function eventWithout(event: string, hide: HideNames): string {
  if (!event.includes('error')) return event;
  const shown = namedError.test(event) ? withoutNames : withoutNamesInError;
  return event.replaceAll(
    /^(data: ?)(.+)/gm,
    (_line, field: string, data: string) => field + shown(Buffer.from(data, 'latin1'), hide).toString('latin1'),
  );
}
