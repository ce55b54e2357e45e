import { type ChildProcess, fork, type ForkOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ChatstreamError, messageOf } from '../../../base/errors.js';
import { compiledFile } from '../../../base/processes/compiled-file.js';
import { signalChild } from '../../../base/processes/signal-child.js';
import { readError } from '../library/sent-error.js';
import type { TracedText } from '../prompt/special-tokens.js';
import {
  type Chat,
  isRenderAnswer,
  type RenderAnswer,
  type RendererSource,
  type RenderRequest,
  type TemplateSettings,
} from './render-messages.js';

/** Creates a process; by default Node's `fork`. */
export type Fork = (entry: string, options: ForkOptions) => ChildProcess;

/** A request without an answer yet. */
interface Asked {
  readonly resolve: (answer: RenderAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A process that renders chats with one template, one at a time. It never keeps this one alive, and ends with it: at
 * once if it is idle, and within a second or two if it is rendering.
 */
export class RenderProcess {
  /** Resolves once the template can be rendered. @throws ChatstreamError also `engine_failed` if the process ends */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  #asked: Asked | null = null;
  #isAlive = true;

  /** @throws ChatstreamError `engine_failed` if it cannot be created */
  constructor(template: TemplateSettings, { nativeFile, gpu }: RendererSource, create: Fork = forked) {
    this.#child = created(create);
    this.#child.on('message', (message) => {
      if (isRenderAnswer(message)) this.#take()?.resolve(message);
    });
    this.#child.once('exit', () => {
      this.#ended('it was killed, or crashed');
    });
    this.#child.on('error', (error) => {
      // Other errors, such as a message that came too late, change nothing.
      if (this.#child.pid === undefined) this.#ended(error.message);
    });
    this.#child.unref();
    this.#child.channel?.unref();
    this.ready = this.#ask({ type: 'template', template, nativeFile, gpu, parent: process.pid }).then(() => undefined);
    // Its users are told. It will not become ready later.
    this.ready.catch(() => {
      this.kill();
    });
  }

  /** Whether it still accepts requests. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * Asked once it is ready, and when it has answered what it was asked before.
   *
   * @throws ChatstreamError as `renderChat` does; `engine_failed` if the process ends
   */
  async render(chat: Chat): Promise<TracedText> {
    const answer = await this.#ask({ type: 'chat', chat });
    if (answer.type === 'rendered') return answer.traced;
    throw new ChatstreamError('internal', 'The process that renders chats answered something else.');
  }

  /** Ends it at once. Nothing else could interrupt its rendering. */
  kill(): void {
    this.#isAlive = false;
    signalChild(this.#child, 'SIGKILL');
  }

  async #ask(request: RenderRequest): Promise<RenderAnswer> {
    if (!this.#isAlive) throw endedError('it was stopped');
    const answer = await new Promise<RenderAnswer>((resolve, reject) => {
      this.#asked = { resolve, reject };
      // Without a channel, it could not be created, which an event reports.
      if (this.#child.connected) this.#child.send(request, () => undefined);
    });
    if (answer.type === 'refused') throw readError(answer.error);
    return answer;
  }

  #take(): Asked | null {
    const asked = this.#asked;
    this.#asked = null;
    return asked;
  }

  #ended(reason: string): void {
    this.#isAlive = false;
    this.#take()?.reject(endedError(reason));
  }
}

function forked(entry: string, options: ForkOptions): ChildProcess {
  return fork(entry, [], options);
}

function created(create: Fork): ChildProcess {
  try {
    return create(fileURLToPath(compiledFile(import.meta.url, './render-host.js')), {
      // Arguments of the debugger or the test runner are not meant for it.
      execArgv: [],
      // The positions of content in a text are an array of bytes.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  } catch (error) {
    // Some errors of the operating system are thrown (ENOMEM), others are events (EAGAIN, EMFILE).
    throw endedError(messageOf(error), error);
  }
}

export function endedError(reason: string, cause?: unknown): ChatstreamError {
  return new ChatstreamError('engine_failed', `The process that renders chats has ended: ${reason}.`, { cause });
}
