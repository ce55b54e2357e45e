import { asChatstreamError, ChatstreamError, type ErrorCode, type Overflow } from '../../base/errors.js';
import { isRecord } from '../../base/json.js';
import type { Demands, EngineInfo, GenerationSpec, Prepared, PromptSource, Token } from '../engine.js';
import type { Loading } from '../loading.js';
import type { EngineOptions } from '../options.js';
import type { ProcessRole } from '../process-role.js';
import type { TokenSpelling } from '../token-spelling.js';
import type { TokenizeOptions } from '../tokenize-options.js';
import type { RoundMessage } from './round-messages.js';

/** A call that gets one answer, which carries the same `call` number. */
export type CallMessage =
  | { readonly type: 'prepare'; readonly call: number; readonly source: PromptSource; readonly demands?: Demands }
  | { readonly type: 'tokenize'; readonly call: number; readonly text: string; readonly options?: TokenizeOptions }
  | { readonly type: 'detokenize' | 'spell'; readonly call: number; readonly tokens: readonly Token[] };

/** From the main process to an engine process. `start` is sent once, before everything else. */
export type HostMessage =
  | { readonly type: 'start'; readonly role: ProcessRole; readonly options: EngineOptions }
  | CallMessage
  /** The answer to this call is no longer needed. */
  | { readonly type: 'drop'; readonly call: number }
  /** In messages, the id of a generation is a number, as text. */
  | { readonly type: 'generate'; readonly spec: GenerationSpec }
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'stop' };

/** A `ChatstreamError` as it is sent to the other process: without cause and stack, which are useless there. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly param?: string;
  readonly overflow?: Overflow;
}

/** The parts of an error that are sent. Anything that is not a `ChatstreamError` counts as a failure of the engine. */
export function toWire(error: unknown): WireError {
  const { code, message, hint, param, overflow } = asChatstreamError(error, 'engine_failed');
  return {
    code,
    message,
    ...(hint !== undefined && { hint }),
    ...(param !== undefined && { param }),
    ...(overflow !== undefined && { overflow }),
  };
}

/** The error as it was thrown in the engine process, without its stack and cause. */
export function fromWire({ code, message, ...details }: WireError): ChatstreamError {
  return new ChatstreamError(code, message, details);
}

/** Time between two heartbeats of an engine process that has started. */
export const heartbeatMs = 1000;

/** From an engine process to the main process. A call that was dropped may still be answered. */
export type EngineMessage =
  /** Before `started`, each time something else is done, or more of it. */
  | { readonly type: 'loading'; readonly loading: Loading }
  | { readonly type: 'started'; readonly info: EngineInfo }
  | { readonly type: 'start_failed'; readonly error: WireError }
  | { readonly type: 'tokens'; readonly call: number; readonly tokens: readonly Token[] }
  | { readonly type: 'text'; readonly call: number; readonly text: string }
  | { readonly type: 'spellings'; readonly call: number; readonly spellings: readonly TokenSpelling[] }
  | { readonly type: 'prepared'; readonly call: number; readonly prepared: Prepared }
  | { readonly type: 'call_failed'; readonly call: number; readonly error: WireError }
  | ({ readonly type: 'round' } & RoundMessage)
  | { readonly type: 'heartbeat' };

/**
 * Whether a message is ours. Both ends have the same version and trust each other; these checks only keep out foreign
 * messages on the channel, such as those of a preloaded module. They check only the outline, which costs nothing
 * compared with parsing.
 */
export function isHostMessage(value: unknown): value is HostMessage {
  if (!isTagged(value)) return false;
  switch (value.type) {
    case 'start':
      return isRecord(value['options']);
    case 'prepare':
      return isCall(value) && isRecord(value['source']);
    case 'tokenize':
      return isCall(value) && typeof value['text'] === 'string';
    case 'detokenize':
    case 'spell':
      return isCall(value) && Array.isArray(value['tokens']);
    case 'drop':
      return isCall(value);
    case 'generate':
      return isRecord(value['spec']);
    case 'cancel':
      return typeof value['id'] === 'string';
    case 'stop':
      return true;
    default:
      return false;
  }
}

/** See {@link isHostMessage}. */
export function isEngineMessage(value: unknown): value is EngineMessage {
  if (!isTagged(value)) return false;
  switch (value.type) {
    case 'loading':
      return isRecord(value['loading']);
    case 'started':
      return isRecord(value['info']);
    case 'start_failed':
      return isRecord(value['error']);
    case 'tokens':
      return isCall(value) && Array.isArray(value['tokens']);
    case 'text':
      return isCall(value) && typeof value['text'] === 'string';
    case 'spellings':
      return isCall(value) && Array.isArray(value['spellings']);
    case 'prepared':
      return isCall(value) && isRecord(value['prepared']);
    case 'call_failed':
      return isCall(value) && isRecord(value['error']);
    case 'round':
      return isRecord(value['round']) && Array.isArray(value['round']['events']) && isRecord(value['tokens']);
    case 'heartbeat':
      return true;
    default:
      return false;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isTagged(value: unknown): value is Fields & { readonly type: unknown } {
  return isRecord(value) && 'type' in value;
}

function isCall(value: Fields): boolean {
  return typeof value['call'] === 'number';
}
