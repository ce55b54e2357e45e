/** What a model wrote, in its order. */
export type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'call'; readonly id: string; readonly name: string; readonly arguments: string };

/** Where the time of an answer went, as the server measured it. In milliseconds and tokens. */
export interface Timings {
  readonly queueMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

export type AnswerState =
  | { readonly status: 'sent' }
  /** `etaMs` is null until the server can estimate it. */
  | { readonly status: 'waiting'; readonly position: number; readonly etaMs: number | null }
  | { readonly status: 'prefilling' }
  | { readonly status: 'generating' }
  | { readonly status: 'ended'; readonly reason: string }
  | { readonly status: 'stopped' }
  | { readonly status: 'failed'; readonly code: string; readonly message: string };

export interface Answer {
  readonly state: AnswerState;
  readonly parts: readonly Part[];
  /** By which the server knows it; null until it has said so. */
  readonly responseId: string | null;
  /** Whether the server keeps it under that name. */
  readonly isStored: boolean;
  readonly model: string | null;
  /** Come with the end of an answer; null if it was stopped. */
  readonly timings: Timings | null;
  /** Unix milliseconds, by the clock of the browser. */
  readonly sentAtMs: number;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
  /** How often text came: nearly the number of tokens. */
  readonly pieces: number;
  /** Thumb up or down; null for neither. */
  readonly like: boolean | null;
}

/** A piece of a call. All pieces with the same index belong together; `id` and `name` come with the first. */
interface CallPiece {
  readonly index: number;
  readonly id: string | null;
  readonly name: string | null;
  readonly arguments: string;
}

/** What the server tells about an answer while it comes. */
export type AnswerEvent =
  | { readonly type: 'queued'; readonly position: number; readonly etaMs: number | null }
  | { readonly type: 'prefilling' }
  | {
      readonly type: 'chunk';
      readonly responseId: string | null;
      readonly isStored: boolean;
      readonly model: string | null;
      readonly text: string;
      readonly reasoning: string;
      readonly calls: readonly CallPiece[];
      readonly finishReason: string | null;
      readonly timings: Timings | null;
    }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

export function newAnswer(model: string | null, sentAtMs: number): Answer {
  return {
    state: { status: 'sent' },
    parts: [],
    responseId: null,
    isStored: false,
    model,
    timings: null,
    sentAtMs,
    firstAtMs: null,
    lastAtMs: null,
    pieces: 0,
    like: null,
  };
}

export function isOpen({ state }: Answer): boolean {
  switch (state.status) {
    case 'sent':
    case 'waiting':
    case 'prefilling':
    case 'generating':
      return true;
    case 'ended':
    case 'stopped':
    case 'failed':
      return false;
  }
}

/** The answer after one more event. */
export function answerAfter(answer: Answer, event: AnswerEvent, nowMs: number): Answer {
  switch (event.type) {
    case 'queued':
      return { ...answer, state: { status: 'waiting', position: event.position, etaMs: event.etaMs } };
    case 'prefilling':
      return { ...answer, state: { status: 'prefilling' } };
    case 'error':
      return { ...answer, state: { status: 'failed', code: event.code, message: event.message } };
    case 'chunk':
      return afterChunk(answer, event, nowMs);
  }
}

function afterChunk(answer: Answer, chunk: Extract<AnswerEvent, { type: 'chunk' }>, nowMs: number): Answer {
  const parts = withCalls(
    withText(withText(answer.parts, 'reasoning', chunk.reasoning), 'text', chunk.text),
    chunk.calls,
  );
  const hasGrown = parts !== answer.parts;
  return {
    ...answer,
    parts,
    state: stateAfter(answer, hasGrown, chunk.finishReason),
    responseId: chunk.responseId ?? answer.responseId,
    isStored: chunk.isStored || answer.isStored,
    model: chunk.model ?? answer.model,
    timings: chunk.timings ?? answer.timings,
    firstAtMs: answer.firstAtMs ?? (hasGrown ? nowMs : null),
    lastAtMs: hasGrown ? nowMs : answer.lastAtMs,
    pieces: answer.pieces + (hasGrown ? 1 : 0),
  };
}

function stateAfter({ state, parts }: Answer, hasGrown: boolean, finishReason: string | null): AnswerState {
  if (finishReason !== null) return { status: 'ended', reason: finishReason };
  // The chunk with the timings comes after the end.
  if (state.status === 'ended' || state.status === 'generating') return state;
  return hasGrown || parts.length > 0 ? { status: 'generating' } : { status: 'prefilling' };
}

function withText(parts: readonly Part[], type: 'text' | 'reasoning', text: string): readonly Part[] {
  if (text === '') return parts;
  const last = parts.at(-1);
  return last?.type === type ? [...parts.slice(0, -1), { type, text: last.text + text }] : [...parts, { type, text }];
}

function withCalls(parts: readonly Part[], pieces: readonly CallPiece[]): readonly Part[] {
  return pieces.reduce(withCall, parts);
}

function withCall(parts: readonly Part[], piece: CallPiece): readonly Part[] {
  let seen = -1;
  const at = parts.findIndex((part) => part.type === 'call' && ++seen === piece.index);
  const known = parts[at];
  if (known?.type !== 'call') {
    const call = { type: 'call', id: piece.id ?? '', name: piece.name ?? '', arguments: piece.arguments } as const;
    return [...parts, call];
  }
  return parts.with(at, { ...known, arguments: known.arguments + piece.arguments });
}

/** The text of an answer, without thoughts and calls. */
export function textOf({ parts }: Answer): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
