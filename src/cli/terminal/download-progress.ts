import type { Logger } from 'pino';
import { type Clock, systemClock } from '../../core/base/clock.js';
import { formatBytes, formatDuration } from '../../core/base/units.js';
import type { DownloadProgress } from '../../core/models/download.js';
import { cutStart } from '../../core/report/text/style.js';
import { columnsOf } from './terminal.js';

type OnProgress = (progress: DownloadProgress) => void;
type OnNotice = (message: string) => void;

/** The part of a stream that a progress line needs. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Number of log lines for a whole download, without a terminal. */
const logSteps = 10;

/** Bytes between two lines of the log if the total is not known. */
const logStepBytes = 256 * 2 ** 20;

/** Often enough for people, and much less often than data arrives. */
const drawEveryMs = 100;

/**
 * Runs something that may download a model and shows its progress on stderr: one live line on a terminal; elsewhere, a
 * line of the log for each tenth, or nothing if the log level is above `info`. Notices are always lines of the log.
 */
export async function showDownload<T>(
  logger: Logger,
  run: (onProgress: OnProgress, onNotice: OnNotice) => Promise<T>,
  stream: ProgressStream = process.stderr,
  clock: Clock = systemClock,
): Promise<T> {
  const onNotice = (message: string): void => {
    logger.warn(message);
  };
  if (!logger.isLevelEnabled('info')) return run(() => undefined, onNotice);
  if (stream.isTTY !== true) return run(logging(logger), onNotice);
  const line = liveLine(stream, clock);
  try {
    return await run(line.onProgress, (message) => {
      line.end();
      onNotice(message);
    });
  } finally {
    line.end();
  }
}

function logging(logger: Logger): OnProgress {
  let nextStep = -1;
  return ({ source, bytes, totalBytes, resumedBytes }) => {
    const step = totalBytes === null ? Math.floor(bytes / logStepBytes) : Math.floor((bytes * logSteps) / totalBytes);
    if (step < nextStep) return;
    const beginning = nextStep === -1;
    nextStep = step + 1;
    const share = totalBytes === null ? '' : `, ${percent(bytes, totalBytes)}`;
    const what = beginning ? (resumedBytes > 0 ? 'download resumed' : 'download started') : 'downloading';
    const total = totalBytes === null ? '' : ` of ${formatBytes(totalBytes)}`;
    logger.info({ source, bytes, total_bytes: totalBytes }, `${what}: ${formatBytes(bytes)}${total}${share}`);
  };
}

function liveLine(stream: ProgressStream, clock: Clock): { onProgress: OnProgress; end: () => void } {
  let startMs: number | null = null;
  let drawnMs = -Infinity;
  let shown = false;
  return {
    onProgress: ({ source, bytes, totalBytes, resumedBytes }) => {
      const nowMs = clock.now();
      if (nowMs - drawnMs < drawEveryMs) return;
      drawnMs = nowMs;
      startMs ??= nowMs;
      const seconds = (nowMs - startMs) / 1000;
      const bytesPerSecond = seconds < 1 ? null : (bytes - resumedBytes) / seconds;
      const figures = [
        totalBytes === null ? formatBytes(bytes) : `${percent(bytes, totalBytes)} of ${formatBytes(totalBytes)}`,
        ...(bytesPerSecond === null ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
        ...(bytesPerSecond === null || totalBytes === null || bytesPerSecond === 0
          ? []
          : [`${formatDuration(((totalBytes - bytes) / bytesPerSecond) * 1000)} left`]),
      ].join(', ');
      const room = columnsOf(stream) - figures.length - 3;
      stream.write(`\r\u001b[2K${cutStart(source, Math.max(2, room))}  ${figures}`);
      shown = true;
    },
    end: () => {
      if (shown) stream.write('\r\u001b[2K');
      shown = false;
    },
  };
}

function percent(bytes: number, totalBytes: number): string {
  return `${Math.floor((bytes * 100) / Math.max(totalBytes, 1))} %`;
}
