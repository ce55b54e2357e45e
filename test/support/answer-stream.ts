import { type Static, Type } from 'typebox';
import { parseAs } from './parse-as.js';
import { parsePart } from './stream-parts.js';

const errorEvent = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: Type.Union([Type.String(), Type.Null()]),
    code: Type.String(),
  }),
});

const choice = Type.Object({
  delta: Type.Optional(Type.Object({ content: Type.Optional(Type.String()) })),
  text: Type.Optional(Type.String()),
  finish_reason: Type.Union([Type.String(), Type.Null()]),
});

const chunk = Type.Object({
  id: Type.String(),
  choices: Type.Array(choice),
  timings: Type.Optional(
    Type.Object({
      queue_ms: Type.Number(),
      prompt_tokens: Type.Integer(),
      output_tokens: Type.Integer(),
      paused_ms: Type.Optional(Type.Number()),
    }),
  ),
});

/**
 * One streamed answer as it comes in, read as a browser would: by hand, so that comments, broken streams and errors
 * that the official client hides can be seen.
 */
export class AnswerStream {
  /** Null until the headers are there. */
  status: number | null = null;
  headers = new Headers();
  text = '';
  readonly comments: string[] = [];
  finishReason: string | null = null;
  timings: Static<typeof chunk>['timings'];
  /** From the body of a refusal or from an event in the stream. */
  error: Static<typeof errorEvent>['error'] | null = null;
  /** Whether `data: [DONE]` arrived. */
  isDone = false;
  /** Why it could not be read to its end: the connection broke, it was given up, or it made no sense. */
  failure: unknown = null;
  /** Resolves when nothing more will arrive, for whatever reason. Never rejects. */
  readonly ended: Promise<this>;

  constructor(url: string, body: object, signal: AbortSignal | null) {
    this.ended = this.#read(url, body, signal);
  }

  /** Whether it ended properly. */
  get isComplete(): boolean {
    return this.isDone && this.finishReason !== null && this.error === null && this.failure === null;
  }

  /** The status of one that waits in vain: 200 once it has been sent its place, after ten seconds. */
  get refusalStatus(): 200 | 503 {
    return this.comments.length > 0 ? 200 : 503;
  }

  /** The positions in the queue from the comments, each once: they are repeated after ten seconds. */
  get positions(): number[] {
    const told = this.comments.map((comment) => Number(/^queued position=(\d+)/.exec(comment)?.[1]));
    return told.filter((position, index) => position !== told[index - 1]);
  }

  async #read(url: string, body: object, signal: AbortSignal | null): Promise<this> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ stream: true, ...body }),
        signal,
      });
      this.status = response.status;
      this.headers = response.headers;
      if (response.ok) await this.#readEvents(response);
      else this.error = parseAs(errorEvent, await response.json()).error;
    } catch (thrown) {
      this.failure = thrown;
    }
    return this;
  }

  async #readEvents(response: Response): Promise<void> {
    if (response.body === null) return;
    let rest = '';
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const events = (rest + text).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) this.#onEvent(event);
    }
  }

  #onEvent(event: string): void {
    const part = parsePart(event);
    if (part.type === 'comment') this.comments.push(part.text);
    else if (part.type === 'done') this.isDone = true;
    else this.#onData(part.data);
  }

  #onData(data: Readonly<Record<string, unknown>>): void {
    if ('error' in data) {
      this.error = parseAs(errorEvent, data).error;
      return;
    }
    const { choices, timings } = parseAs(chunk, data);
    for (const { delta, text, finish_reason } of choices) {
      this.text += delta?.content ?? text ?? '';
      this.finishReason ??= finish_reason;
    }
    this.timings ??= timings;
  }
}

/** Asks a server's chat for a streamed answer to one message. */
export function streamChat(
  serverUrl: string,
  content: string,
  parameters: object = {},
  signal: AbortSignal | null = null,
): AnswerStream {
  const body = { messages: [{ role: 'user', content }], ...parameters };
  return new AnswerStream(`${serverUrl}/v1/chat/completions`, body, signal);
}
