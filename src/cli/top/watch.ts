import { setTimeout as pause } from 'node:timers/promises';
import { untilAborted } from '../../core/base/abort.js';
import { asChatstreamError } from '../../core/base/errors.js';
import { ActivityLog } from '../../core/watch/activity.js';
import { watchServer } from '../../core/watch/watched-server.js';
import { type ConnectionFlags, connectionOptions } from '../connection/options.js';
import { type TopDisplay, topLines, topScreen } from './display.js';

export interface TopFlags extends ConnectionFlags {
  readonly url: string;
  /** Milliseconds. */
  readonly interval: number;
  readonly count?: number | undefined;
  readonly json: boolean;
}

/** A server that takes longer is left out of this picture. */
const patienceMs = 5_000;

/**
 * Reads the state of a server repeatedly, and shows it, until it is stopped. A server that does not answer for a
 * while is asked again; one that does not answer the first time is an error.
 *
 * @param stopping aborted to end, which is no error
 * @throws ChatstreamError `usage`, `target_unreachable`
 */
export async function watchTop(flags: TopFlags, stopping: AbortSignal, print: (line: string) => void): Promise<void> {
  const server = await untilAborted(
    watchServer(flags.url, { ...(await connectionOptions(flags)), patienceMs }),
    stopping,
  );
  const first = await untilAborted(server.read(), stopping);
  const leaving = new AbortController();
  const ending = AbortSignal.any([stopping, leaving.signal]);
  let sooner = new AbortController();
  // The reader of the lines has left, or the disk is full, which main.ts reports.
  process.stdout.once('error', () => {
    leaving.abort();
  });
  const isScreen = process.stdout.isTTY && !flags.json;
  const display: TopDisplay = isScreen
    ? topScreen(
        server,
        { input: process.stdin, output: process.stdout },
        () => {
          leaving.abort();
        },
        () => {
          sooner.abort();
        },
      )
    : topLines(flags.json, print, (line) => {
        process.stderr.write(`${line}\n`);
      });
  try {
    const log = new ActivityLog();
    for (let readings = 1; ; readings += 1) {
      try {
        const reading = readings === 1 ? first : await server.read(ending);
        log.add(reading);
        if (isEnded(ending)) return;
        const { url, model } = server;
        display.show({ url, model, reading, activity: log.activity, course: log.course });
      } catch (error) {
        if (isEnded(ending)) return;
        display.problem(asChatstreamError(error));
      }
      if (readings === flags.count || isEnded(ending)) return;
      await pause(flags.interval, undefined, { signal: AbortSignal.any([ending, sooner.signal]) }).catch(
        () => undefined,
      );
      sooner = new AbortController();
      if (isEnded(ending)) return;
    }
  } finally {
    display.close();
  }
}

function isEnded({ aborted }: AbortSignal): boolean {
  return aborted;
}
