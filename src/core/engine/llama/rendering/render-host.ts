import { Worker } from 'node:worker_threads';
import { asChatstreamError } from '../../../base/errors.js';
import { compiledFile } from '../../../base/processes/compiled-file.js';
import { chatDialect } from '../../dialects/templates/chat-dialect.js';
import { openWithoutGpu } from '../library/device.js';
import { compileJinja, jinjaFrom } from '../library/jinja.js';
import { importLibrary } from '../library/library.js';
import { writeError } from '../library/sent-error.js';
import { ChatTemplate, type ChatTemplateOptions } from '../prompt/chat-template.js';
import { renderChat } from '../prompt/render-chat.js';
import {
  isRenderRequest,
  type RenderAnswer,
  type RendererSource,
  type RenderRequest,
  type RenderSettings,
} from './render-messages.js';

/** The process that renders chats of one model: see `RenderProcesses`. */
type Render = (request: Extract<RenderRequest, { type: 'chat' }>) => Promise<RenderAnswer>;

let rendering: Promise<Render> | null = null;

process.on('message', (message) => {
  if (isRenderRequest(message)) void receive(message);
});

// No caller is waiting any more, and there is nothing to save.
process.on('disconnect', end);
if (!process.connected) end();

// A terminal sends Ctrl-C to the whole process group, but only the process that has started this one decides when it stops.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function receive(request: RenderRequest): Promise<void> {
  try {
    send(await answer(request));
  } catch (error) {
    send({ type: 'refused', error: writeError(asChatstreamError(error)) });
  }
}

async function answer(request: RenderRequest): Promise<RenderAnswer> {
  if (request.type === 'template') {
    endWith(request.parent);
    rendering = prepare(request);
    await rendering;
    return { type: 'ready' };
  }
  const render = await rendering;
  if (render === null) throw new Error('A chat came before its template.');
  return await render(request);
}

/**
 * Ends this process soon after its parent has ended, even while a template is rendered and this thread notices nothing.
 */
function endWith(parent: number): void {
  // Without a thread, `disconnect` is noticed once the template has been rendered.
  try {
    const watch = new Worker(compiledFile(import.meta.url, './parent-watch.js'), { workerData: parent });
    watch.on('error', () => undefined);
    watch.unref();
  } catch {
    // The system creates no more threads.
  }
}

async function prepare({ template, ...source }: RenderSettings): Promise<Render> {
  const dialect = chatDialect(template.source ?? null);
  const chatTemplate = new ChatTemplate({ ...template, compile: await rendererFrom(source) });
  return async ({ chat }) => ({ type: 'rendered', traced: await renderChat(chatTemplate, dialect, chat) });
}

async function rendererFrom({ nativeFile, gpu }: RendererSource): Promise<ChatTemplateOptions['compile']> {
  try {
    if (nativeFile !== null) return jinjaFrom(nativeFile);
  } catch {
    // If the code cannot be loaded alone, it may need something that the library loads first.
  }
  const llama = await openWithoutGpu(await importLibrary(), gpu, () => undefined);
  return (source) => compileJinja(llama, source);
}

function send(message: RenderAnswer): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
