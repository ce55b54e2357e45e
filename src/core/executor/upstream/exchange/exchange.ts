import type { Dispatcher } from 'undici';
import { messageOf } from '../../../base/errors.js';
import { type Progress, type RecordedEvents, resumeHeader, TokenRecords } from '../../../base/token-records.js';
import { type AnswerHeaders, codingOf, type SingleHeaders, singleHeaders } from './answer-headers.js';
import { noUsage, StreamWatch, type Usage } from './answer-watch.js';
import { type Failure, isInterruption, isUnsent, type WholeAnswer } from './failure.js';
import { type ReadAnswer, readWhole } from './read-whole.js';
import type { ReportedError } from './reported-error.js';

/** A request as an upstream gets it. */
export interface UpstreamRequest {
  /** The name by which the client asks for its model. */
  readonly model: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether its answer may be a stream that another chatstream server can continue with. */
  readonly isResumable: boolean;
  /** Whether it asks to continue with an answer that another server has begun. */
  readonly isResumption: boolean;
  /** How many generations it counts for at the upstream, 1 or more; left out for one. */
  readonly places?: number;
}

/** Is told how one request proceeds: `whole`, or `begun`, `data` and `ended`, or `failed` at any time. */
export interface ExchangeListener {
  whole(answer: WholeAnswer, usage: Usage): void;
  /**
   * The first token of a stream is there.
   *
   * @param answer names it for a server that continues it; null if none can
   */
  begun(answer: string | null): void;
  /**
   * @param tokens events in it that are, or probably are, a token each
   * @param progress where another server could continue after it, if one can
   */
  data(chunk: Buffer, tokens: number, progress?: Progress): void;
  /** @param error what the upstream says went wrong after the first token, of which its stream has told; null if nothing did */
  ended(usage: Usage, error: ReportedError | null): void;
  failed(failure: Failure): void;
}

/** More of one answer is not kept in memory, in bytes. */
const longestBody = 256 * 1024 * 1024;

const noProgress: Progress = { tokens: [], state: null };

/** The most that may arrive without a record of its tokens: with probabilities, a few tokens may take more. */
const longestUnrecorded = 1024 * 1024;

/** The most that may arrive before the first token. */
const longestPreamble = 256 * 1024;

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8' };

type Phase =
  | { readonly status: 'sent' }
  | { readonly status: 'whole'; readonly code: number; readonly headers: SingleHeaders; bytes: number }
  /** Nothing of it has been passed on yet. */
  | { readonly status: 'before_token' }
  | { readonly status: 'streaming' }
  | { readonly status: 'over' };

/** One request to an upstream, and its answer as it comes. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #listener: ExchangeListener;
  readonly #watch = new StreamWatch();
  #phase: Phase = { status: 'sent' };
  #controller: Dispatcher.DispatchController | null = null;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #heldTokens = 0;
  readonly #isResumption: boolean;
  /** Of a stream that another server can continue with. */
  #resumable: { readonly answer: string; readonly records: TokenRecords; held: Progress } | null = null;
  #isSilent = false;
  #isOnUsedConnection = false;

  constructor(listener: ExchangeListener, { isResumption }: Pick<UpstreamRequest, 'isResumption'>) {
    this.#listener = listener;
    this.#isResumption = isResumption;
  }

  /** Whether nothing has been received for it since {@link listen}. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Begins to watch whether anything is received. Sets a mark, because a clock reading for each chunk costs more. */
  listen(): void {
    this.#isSilent = true;
  }

  /** Ends it. The listener hears nothing more. The connection is closed, which tells the upstream. */
  cancel(): void {
    this.#end();
    this.#controller?.abort(new Error('cancelled'));
  }

  /** Ends it because the upstream is given up. */
  giveUp(reason: string, type: 'broken' | 'unfit' = 'broken'): void {
    if (this.#phase.status === 'over') return;
    this.cancel();
    this.#listener.failed({ type, reason });
  }

  /** It goes out on a connection that has been used before. */
  onUsedConnection(): void {
    this.#isOnUsedConnection = true;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#phase.status === 'over') controller.abort(new Error('cancelled'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, code: number, all: AnswerHeaders): void {
    if (this.#phase.status !== 'sent') return;
    this.#isSilent = false;
    // Such as 103: the answer is still to come.
    if (code < 200) return;
    const headers = singleHeaders(all);
    const type = (headers['content-type'] ?? '').toLowerCase();
    const coding = codingOf(headers);
    const answer = headers[resumeHeader];
    if (answer !== undefined) this.#resumable = { answer, records: new TokenRecords(), held: noProgress };
    // An upstream that does not support resuming starts from the beginning, as if nothing had been sent.
    if (code === 200 && this.#isResumption && this.#resumable === null)
      this.giveUp('it cannot resume answers', 'unfit');
    else if (code === 200 && coding !== 'identity') this.giveUp(`it answers in ${coding}, which was not requested`);
    else if (code === 200 && type.startsWith('text/event-stream')) this.#phase = { status: 'before_token' };
    else if (code === 200 && !type.includes('json')) this.giveUp(`it answers with ${type === '' ? 'no type' : type}`);
    else if (code !== 200 && code < 400) this.giveUp(`it answers ${code}`);
    else this.#phase = { status: 'whole', code, headers, bytes: 0 };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const phase = this.#phase;
    this.#isSilent = false;
    switch (phase.status) {
      case 'streaming':
        if (this.#resumable === null) this.#listener.data(chunk, this.#watch.push(chunk));
        else this.#record(this.#resumable.records, chunk);
        return;
      case 'before_token':
        if (this.#resumable === null) this.#hold(chunk);
        else this.#record(this.#resumable.records, chunk);
        return;
      case 'whole':
        phase.bytes += chunk.length;
        if (phase.bytes > longestBody) this.giveUp('its answer does not end');
        else this.#held.push(chunk);
        return;
      case 'sent':
      case 'over':
        return;
    }
  }

  onResponseEnd(): void {
    this.#dropUnrecorded();
    const phase = this.#phase;
    switch (phase.status) {
      case 'whole':
        this.#end();
        this.#judge(readWhole(phase.code, phase.headers, Buffer.concat(this.#held)));
        return;
      case 'streaming':
        this.#end();
        if (this.#watch.isComplete || this.#watch.isFinished) {
          this.#listener.ended(this.#watch.usage(), this.#watch.failure);
        } else this.#listener.failed({ type: 'broken', reason: 'its answer was cut off' });
        return;
      case 'before_token': {
        this.#end();
        const { error } = this.#watch;
        if (error === null) this.#listener.failed({ type: 'broken', reason: 'its answer has no token' });
        else this.#reported(error);
        return;
      }
      case 'sent':
      case 'over':
        return;
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { status } = this.#phase;
    if (status === 'over') return;
    this.#end();
    // Nothing is missing, even if the connection breaks now.
    if (status === 'streaming' && this.#watch.isComplete) {
      this.#listener.ended(this.#watch.usage(), this.#watch.failure);
    } else if (isUnsent(error)) this.#listener.failed({ type: 'unreachable', reason: messageOf(error) });
    else {
      const mayBeUnread = status === 'sent' && this.#isOnUsedConnection;
      this.#listener.failed({ type: 'broken', reason: messageOf(error), mayBeUnread });
    }
  }

  /** Passes on data whose tokens are known, because only after such data can another server continue. */
  #record(records: TokenRecords, chunk: Buffer): void {
    const recorded = records.push(chunk);
    if (recorded !== null) this.#passRecorded(recorded);
    else if (records.unrecordedBytes > longestUnrecorded) this.giveUp('it does not say which tokens it sends');
  }

  #passRecorded({ events, failure, ...progress }: RecordedEvents): void {
    if (events.length > 0) this.#pass(events, progress);
    if (failure === null || this.#phase.status === 'over') return;
    if (isInterruption(failure.code)) this.giveUp('it was shut down');
    else this.#pass(failure.events, noProgress);
  }

  #pass(events: Buffer, progress: Progress): void {
    if (this.#phase.status === 'streaming') {
      this.#listener.data(events, this.#watch.push(events), progress);
      return;
    }
    if (this.#resumable !== null) this.#resumable.held = together(this.#resumable.held, progress);
    this.#hold(events);
  }

  /** The stream has ended: the data after its last record is incomplete. */
  #dropUnrecorded(): void {
    const rest = this.#resumable?.records.takeUnrecorded() ?? Buffer.alloc(0);
    if (rest.length > 0) this.giveUp('its answer was cut off');
  }

  #hold(chunk: Buffer): void {
    this.#heldTokens += this.#watch.push(chunk);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    const { error } = this.#watch;
    if (error !== null) {
      this.cancel();
      this.#reported(error);
      return;
    }
    if (!this.#watch.hasToken) {
      if (this.#heldBytes <= longestPreamble) return;
      this.#watch.stopReading();
    }
    this.#phase = { status: 'streaming' };
    this.#listener.begun(this.#resumable?.answer ?? null);
    const held = Buffer.concat(this.#held.splice(0));
    this.#listener.data(held, this.#heldTokens, this.#resumable?.held);
  }

  /** Instead of an answer: where the request is to blame, that is one that says so. */
  #reported({ status, body, message }: ReportedError): void {
    if (status === null) this.#listener.failed({ type: 'broken', reason: reportOf(message) });
    else this.#listener.whole({ status, headers: jsonHeaders, body: Buffer.from(JSON.stringify(body)) }, noUsage);
  }

  #judge(read: ReadAnswer): void {
    switch (read.type) {
      case 'whole':
        this.#listener.whole(read.answer, read.usage);
        return;
      case 'reported':
        this.#reported(read.error);
        return;
      case 'failed':
        this.#listener.failed(read.failure);
    }
  }

  #end(): void {
    this.#phase = { status: 'over' };
  }
}

/** What the log says about an error that an upstream reports in its stream. */
export function reportOf(message: string): string {
  return `it reports an error: ${message}`;
}

function together(first: Progress, second: Progress): Progress {
  return { tokens: [...first.tokens, ...second.tokens], state: second.state ?? first.state };
}
