import { isRecord } from '../../../base/json.js';
import type { PromptSource } from '../../engine.js';
import type { GpuChoice } from '../../options.js';
import type { SentError } from '../library/sent-error.js';
import type { ChatTemplateOptions } from '../prompt/chat-template.js';
import type { TracedText } from '../prompt/special-tokens.js';

export type Chat = Extract<PromptSource, { type: 'chat' }>;

/** The chat template of a model, as another process needs it. */
export type TemplateSettings = Omit<ChatTemplateOptions, 'compile'>;

/** Where a process gets llama.cpp's renderer. */
export interface RendererSource {
  /** The file of its code, if another process has found out that it works on this machine; see `loadedNativeFile`. */
  readonly nativeFile: string | null;
  /** Without it, the library is loaded, which on some platforms is only built for GPUs. */
  readonly gpu: GpuChoice;
}

/** The first message to a process that renders chats. */
export interface RenderSettings extends RendererSource {
  readonly template: TemplateSettings;
  /** The number of the process that has started it. */
  readonly parent: number;
}

/** To a process that renders chats. The template comes first, and then one chat after the other. */
export type RenderRequest =
  ({ readonly type: 'template' } & RenderSettings) | { readonly type: 'chat'; readonly chat: Chat };

/** From it. `ready` answers a template, everything else a chat. */
export type RenderAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'rendered'; readonly traced: TracedText }
  | { readonly type: 'refused'; readonly error: SentError };

/** Whether a message is ours. Both ends have the same version and trust each other, so only the outline is checked. */
export function isRenderRequest(value: unknown): value is RenderRequest {
  return isRecord(value) && (isRecord(value['template']) || isRecord(value['chat']));
}

/** See {@link isRenderRequest}. */
export function isRenderAnswer(value: unknown): value is RenderAnswer {
  return isRecord(value) && (value['type'] === 'ready' || isRecord(value['traced']) || isRecord(value['error']));
}
