import { isRecord } from '../../../base/json.js';
import type { PromptSource } from '../../engine.js';
import type { GpuChoice } from '../../options.js';
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

/** What a process needs to know before it renders chats. */
export interface RenderSettings extends RendererSource {
  readonly template: TemplateSettings;
}

// Both ends have the same version and trust each other, so only the outline of messages is checked.

export function isRenderSettings(value: unknown): value is RenderSettings {
  return isRecord(value) && isRecord(value['template']);
}

export function isChat(value: unknown): value is Chat {
  return isRecord(value) && value['type'] === 'chat';
}

export function isTracedText(value: unknown): value is TracedText {
  return isRecord(value) && typeof value['text'] === 'string';
}
