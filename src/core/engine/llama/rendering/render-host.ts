import { chatDialect } from '../../dialects/templates/chat-dialect.js';
import { answerParent } from '../helpers/answer-parent.js';
import { openWithoutGpu } from '../library/device.js';
import { compileJinja, jinjaFrom } from '../library/jinja.js';
import { importLibrary } from '../library/library.js';
import { ChatTemplate, type ChatTemplateOptions } from '../prompt/chat-template.js';
import { renderChat } from '../prompt/render-chat.js';
import { isChat, isRenderSettings, type RendererSource } from './render-messages.js';

/** The process that renders chats of one model: see `RenderProcesses`. */
answerParent({
  isSettings: isRenderSettings,
  isQuestion: isChat,
  prepare: async ({ template, ...source }) => {
    const dialect = chatDialect(template.source ?? null);
    const chatTemplate = new ChatTemplate({ ...template, compile: await rendererFrom(source) });
    return (chat) => renderChat(chatTemplate, dialect, chat);
  },
});

async function rendererFrom({ nativeFile, gpu }: RendererSource): Promise<ChatTemplateOptions['compile']> {
  try {
    if (nativeFile !== null) return jinjaFrom(nativeFile);
  } catch {
    // If the code cannot be loaded alone, it may need something that the library loads first.
  }
  const llama = await openWithoutGpu(await importLibrary(), gpu, () => undefined);
  return (source) => compileJinja(llama, source);
}
