import { compiledFile } from '../../../base/processes/compiled-file.js';
import { type Fork, HelperProcess } from '../helpers/helper-process.js';
import type { TracedText } from '../prompt/special-tokens.js';
import { type Chat, isTracedText, type RendererSource, type TemplateSettings } from './render-messages.js';

/** What such a process does, in messages. */
export const rendersChats = 'renders chats';

/** A process that renders chats with one template, one at a time. */
export class RenderProcess extends HelperProcess {
  /** @throws ChatstreamError `engine_failed` if it cannot be created */
  constructor(template: TemplateSettings, { nativeFile, gpu }: RendererSource, create?: Fork) {
    const entry = compiledFile(import.meta.url, './render-host.js');
    super({ entry, name: rendersChats }, { template, nativeFile, gpu }, create);
  }

  /** @throws ChatstreamError as `renderChat` does; `engine_failed` if the process ends */
  async render(chat: Chat): Promise<TracedText> {
    return await this.ask(chat, isTracedText);
  }
}
