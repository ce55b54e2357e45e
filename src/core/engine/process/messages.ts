import type { ErrorCode } from '../../base/errors.js';
import type { Demands, EngineInfo, GenerationSpec, PromptSource, Round, Token } from '../engine.js';
import type { EngineOptions } from '../options.js';

/** A question that gets one answer. `call` pairs the two. */
export type CallMessage =
  | { readonly type: 'prepare'; readonly call: number; readonly source: PromptSource; readonly demands?: Demands }
  | { readonly type: 'tokenize'; readonly call: number; readonly text: string }
  | { readonly type: 'detokenize'; readonly call: number; readonly tokens: readonly Token[] };

/** From the main process to the engine process. `start` is the first and comes once. */
export type HostMessage =
  | { readonly type: 'start'; readonly options: EngineOptions }
  | CallMessage
  | { readonly type: 'generate'; readonly spec: GenerationSpec }
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'stop' };

/** What is left of a `ChatstreamError` on the other side. Causes and stacks stay where they are of use. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly param?: string;
}

/** From one heartbeat of the engine process, once it has started, to the next. */
export const heartbeatMs = 1000;

/** From the engine process to the main process. */
export type EngineMessage =
  | { readonly type: 'started'; readonly info: EngineInfo }
  | { readonly type: 'start_failed'; readonly error: WireError }
  | { readonly type: 'tokens'; readonly call: number; readonly tokens: readonly Token[] }
  | { readonly type: 'text'; readonly call: number; readonly text: string }
  | { readonly type: 'call_failed'; readonly call: number; readonly error: WireError }
  | { readonly type: 'round'; readonly round: Round }
  | { readonly type: 'heartbeat' };

/**
 * Both ends are of one version and trust each other; what these checks are for is a foreign message on the channel,
 * such as a preloaded module's. So they look at the outline alone, which costs nothing beside parsing.
 */
export function isHostMessage(value: unknown): value is HostMessage {
  if (!isTagged(value)) return false;
  switch (value.type) {
    case 'start':
      return isObject(value['options']);
    case 'prepare':
      return isCall(value) && isObject(value['source']);
    case 'tokenize':
      return isCall(value) && typeof value['text'] === 'string';
    case 'detokenize':
      return isCall(value) && Array.isArray(value['tokens']);
    case 'generate':
      return isObject(value['spec']);
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
    case 'started':
      return isObject(value['info']);
    case 'start_failed':
      return isObject(value['error']);
    case 'tokens':
      return isCall(value) && Array.isArray(value['tokens']);
    case 'text':
      return isCall(value) && typeof value['text'] === 'string';
    case 'call_failed':
      return isCall(value) && isObject(value['error']);
    case 'round':
      return isObject(value['round']) && Array.isArray(value['round']['events']);
    case 'heartbeat':
      return true;
    default:
      return false;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isTagged(value: unknown): value is Fields & { readonly type: unknown } {
  return isObject(value) && 'type' in value;
}

function isCall(value: Fields): boolean {
  return typeof value['call'] === 'number';
}
