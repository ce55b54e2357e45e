import { type ChildProcess, fork, type ForkOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ChatstreamError, messageOf } from '../../../base/errors.js';
import { signalChild } from '../../../base/processes/signal-child.js';
import { readError } from '../library/sent-error.js';
import { type HelperAnswer, type HelperRequest, isHelperAnswer } from './helper-messages.js';

/** Creates a process; by default Node's `fork`. */
export type Fork = (entry: string, options: ForkOptions) => ChildProcess;

/** What a helper process does. */
export interface HelperTask {
  /** The script that it runs, which calls `answerParent`. */
  readonly entry: URL;
  /** As people read it in "the process that …". */
  readonly name: string;
}

/** What was asked and is not answered yet. */
interface Asked {
  readonly resolve: (answer: HelperAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A process that does one thing at a time which nothing could interrupt here. It never keeps this one alive, and ends with it:
 * at once if it is idle, and within a second or two if it works.
 */
export class HelperProcess {
  /** Resolves once it can be asked. @throws ChatstreamError also `engine_failed` if the process ends */
  readonly ready: Promise<void>;
  readonly #name: string;
  readonly #child: ChildProcess;
  #asked: Asked | null = null;
  #isAlive = true;

  /**
   * @param settings what it needs to know before the first question
   * @throws ChatstreamError `engine_failed` if it cannot be created
   */
  constructor({ entry, name }: HelperTask, settings: object, create: Fork = forked) {
    this.#name = name;
    this.#child = this.#created(fileURLToPath(entry), create);
    this.#child.on('message', (message) => {
      if (isHelperAnswer(message)) this.#take()?.resolve(message);
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
    this.ready = this.#send({ type: 'settings', settings, parent: process.pid }).then(() => undefined);
    // Its users learn of it. It will not be ready later.
    this.ready.catch(() => {
      this.kill();
    });
  }

  /** Whether it can still be asked. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * Asked once it is ready, and when it has answered what it was asked before.
   *
   * @param isAnswer whether an answer has the right form
   * @throws ChatstreamError what it refuses with; `engine_failed` if the process ends
   */
  async ask<Answer>(question: unknown, isAnswer: (answer: unknown) => answer is Answer): Promise<Answer> {
    const answered = await this.#send({ type: 'question', question });
    if (answered.type === 'answered' && isAnswer(answered.answer)) return answered.answer;
    throw new ChatstreamError('internal', `The process that ${this.#name} answered something else.`);
  }

  /** Ends it at once. What it is doing, nothing else could interrupt. */
  kill(): void {
    signalChild(this.#child, 'SIGKILL');
    // Its exit may come late, if it hangs in the kernel.
    this.#ended('it was killed, or crashed');
  }

  async #send(request: HelperRequest): Promise<HelperAnswer> {
    if (!this.#isAlive) throw endedError(this.#name, 'it was stopped');
    const answer = await new Promise<HelperAnswer>((resolve, reject) => {
      this.#asked = { resolve, reject };
      // Without a channel, it could not be created, and an event says so.
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
    this.#take()?.reject(endedError(this.#name, reason));
  }

  #created(entry: string, create: Fork): ChildProcess {
    try {
      return create(entry, {
        // Arguments of the debugger or the test runner are not meant for it.
        execArgv: [],
        // Places of content in a text, and tokens, are typed arrays.
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
    } catch (error) {
      // Some errors of the operating system are thrown (ENOMEM), others are events (EAGAIN, EMFILE).
      throw endedError(this.#name, messageOf(error), error);
    }
  }
}

function forked(entry: string, options: ForkOptions): ChildProcess {
  return fork(entry, [], options);
}

/** @param name of what the process does, as in {@link HelperTask} */
export function endedError(name: string, reason: string, cause?: unknown): ChatstreamError {
  return new ChatstreamError('engine_failed', `The process that ${name} has ended: ${reason}.`, { cause });
}
