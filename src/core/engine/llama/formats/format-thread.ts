import { Worker } from 'node:worker_threads';
import { untilAborted } from '../../../base/abort.js';
import { type Clock, systemClock } from '../../../base/clock.js';
import { ChatstreamError, messageOf } from '../../../base/errors.js';
import { compiledFile } from '../../../base/processes/compiled-file.js';
import { TurnsByOwner } from '../../../base/turns-by-owner.js';
import { outOfTime } from '../../format/compile-format.js';
import type { OutputFormat } from '../../output-format.js';
import { type CompiledAnswer, readAnswer } from './format-messages.js';
import { type Compiled, CompiledFormats, engineFormat, type SourceFormat } from './formats.js';

/**
 * How long one format may occupy the thread, in milliseconds. Compilation checks the clock itself, so only one that
 * hangs takes this long. Nothing else would notice it, because it does not stop the event loop, and all formats wait
 * behind it.
 */
const longestMs = 15_000;

/**
 * Compiles the formats of answers in a thread, which the first one starts. Some take half a second, and the time limit
 * is five seconds. Meanwhile, the prompts of others are prepared. Results are cached.
 */
export class FormatThread {
  readonly #templateSource: string | null;
  readonly #clock: Clock;
  readonly #compiled = new CompiledFormats();
  /** One at a time, so that no format is begun that is no longer needed. */
  readonly #turns = new TurnsByOwner({ atOnce: 1 });
  #worker: Worker | null = null;
  #isStopped = false;

  /** @param templateSource of the model, which shows how it writes thoughts and calls; null without one */
  constructor(templateSource: string | null, clock: Clock = systemClock) {
    this.#templateSource = templateSource;
    this.#clock = clock;
  }

  /**
   * Like `Formats.compile`.
   *
   * @param chat null for a text that is continued
   * @param signal aborted when the format is no longer needed; its reason is thrown
   * @throws ChatstreamError also `engine_failed` if the thread ends; `grammar_too_complex` if it has to be ended
   */
  async compile(
    format: OutputFormat,
    chat: { readonly isThinking: boolean } | null,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<OutputFormat> {
    if (format.type === 'text' || format.type === 'compiled') return format;
    const source = JSON.stringify([format, chat?.isThinking ?? null]);
    const known = this.#compiled.get(source);
    if (known !== undefined) return engineFormat(format, known);
    const compiled = this.#turns.take('', () => this.#compile(source, format), signal);
    return engineFormat(format, await untilAborted(compiled, signal));
  }

  /**
   * Nothing more is compiled, not even for those that wait, because the model that would follow the format is being
   * freed.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.terminate();
  }

  async #compile(source: string, format: SourceFormat): Promise<Compiled> {
    // The previous one may have been the same.
    const compiled = this.#compiled.get(source) ?? (await this.#ask(source, format));
    this.#compiled.set(source, compiled);
    return compiled;
  }

  #ask(source: string, format: SourceFormat): Promise<Compiled> {
    if (this.#isStopped) return Promise.reject(endedError('it was stopped'));
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        cancelTimer();
        worker.off('message', onMessage);
        worker.off('error', onError);
        worker.off('exit', onExit);
        end();
      };
      const onMessage = (answer: CompiledAnswer): void => {
        settle(() => {
          resolve(readAnswer(answer));
        });
      };
      const onError = (error: unknown): void => {
        settle(() => {
          reject(endedError(messageOf(error), error));
        });
      };
      const onExit = (): void => {
        settle(() => {
          reject(endedError('it was stopped'));
        });
      };
      const cancelTimer = this.#clock.schedule(longestMs, () => {
        settle(() => {
          // The next format gets another thread at once.
          this.#worker = null;
          void worker.terminate();
          reject(outOfTime(format));
        });
      });
      worker.on('message', onMessage);
      worker.on('error', onError);
      worker.on('exit', onExit);
      worker.postMessage(source);
    });
  }

  #start(): Worker {
    const worker = new Worker(compiledFile(import.meta.url, './format-worker.js'), {
      workerData: this.#templateSource,
    });
    // It serves others in this process, and does not keep the process alive.
    worker.unref();
    const forget = (): void => {
      if (this.#worker === worker) this.#worker = null;
    };
    // Besides the listeners of calls, because an error without a listener would end the process.
    worker.on('error', forget);
    worker.on('exit', forget);
    return worker;
  }
}

function endedError(reason: string, cause?: unknown): ChatstreamError {
  return new ChatstreamError('engine_failed', `The thread that compiles formats has ended: ${reason}.`, { cause });
}
