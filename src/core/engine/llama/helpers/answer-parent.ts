import { Worker } from 'node:worker_threads';
import { asChatstreamError } from '../../../base/errors.js';
import { compiledFile } from '../../../base/processes/compiled-file.js';
import { writeError } from '../library/sent-error.js';
import { type HelperAnswer, type HelperRequest, isHelperRequest } from './helper-messages.js';

/** Answers a question. What it throws is told to the parent. */
type Answerer<Question> = (question: Question) => unknown;

/** What a helper process answers, and with what. */
interface Helper<Settings, Question> {
  readonly isSettings: (value: unknown) => value is Settings;
  readonly isQuestion: (value: unknown) => value is Question;
  /** Makes what answers the questions, from the settings of the parent. */
  readonly prepare: (settings: Settings) => Promise<Answerer<Question>>;
}

/** Makes this process a `HelperProcess` of its parent. */
export function answerParent<Settings, Question>({
  isSettings,
  isQuestion,
  prepare,
}: Helper<Settings, Question>): void {
  let answering: Promise<Answerer<Question>> | null = null;

  process.on('message', (message) => {
    if (isHelperRequest(message)) void receive(message);
  });

  // No caller waits any more, and there is nothing to be saved.
  process.on('disconnect', end);
  if (!process.connected) end();

  // A terminal sends Ctrl-C to the whole process group, but only the process that has started this one decides when it stops.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

  async function receive(request: HelperRequest): Promise<void> {
    try {
      send(await answer(request));
    } catch (error) {
      send({ type: 'refused', error: writeError(asChatstreamError(error)) });
    }
  }

  async function answer(request: HelperRequest): Promise<HelperAnswer> {
    if (request.type === 'settings') {
      endWith(request.parent);
      if (!isSettings(request.settings)) throw new Error('The settings have another form.');
      answering = prepare(request.settings);
      await answering;
      return { type: 'ready' };
    }
    const answerer = await answering;
    if (answerer === null) throw new Error('A question came before the settings.');
    if (!isQuestion(request.question)) throw new Error('The question has another form.');
    return { type: 'answered', answer: await answerer(request.question) };
  }
}

/** Ends this process soon after its parent has ended, also while it works and nothing is noticed here. */
function endWith(parent: number): void {
  // Without a thread, `disconnect` is noticed once the work is done.
  try {
    const watch = new Worker(compiledFile(import.meta.url, './parent-watch.js'), { workerData: parent });
    watch.on('error', () => undefined);
    watch.unref();
  } catch {
    // The system makes no more threads.
  }
}

function send(message: HelperAnswer): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
