import { asChatstreamError } from '../../../base/errors.js';
import { chatDialect } from '../../dialects/templates/chat-dialect.js';
import { openWithoutGpu } from '../library/device.js';
import { compileJinja, importLibrary } from '../library/library.js';
import { writeError } from '../library/sent-error.js';
import { ChatTemplate } from '../prompt/chat-template.js';
import { renderChat } from '../prompt/render-chat.js';
import { isRenderRequest, type RenderAnswer, type RenderRequest } from './render-messages.js';

/** The process that renders chats of one model: see `RenderProcesses`. */
type Render = (request: Extract<RenderRequest, { type: 'chat' }>) => Promise<RenderAnswer>;

let rendering: Promise<Render> | null = null;

process.on('message', (message) => {
  if (isRenderRequest(message)) void receive(message);
});

// Nobody waits any more, and there is nothing to be saved.
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
    rendering = prepare(request);
    await rendering;
    return { type: 'ready' };
  }
  const render = await rendering;
  if (render === null) throw new Error('A chat came before its template.');
  return await render(request);
}

async function prepare({ template, gpu }: Extract<RenderRequest, { type: 'template' }>): Promise<Render> {
  const llama = await openWithoutGpu(await importLibrary(), gpu, () => undefined);
  const dialect = chatDialect(template.source ?? null);
  const chatTemplate = new ChatTemplate({ ...template, compile: (source) => compileJinja(llama, source) });
  return async ({ chat }) => ({ type: 'rendered', traced: await renderChat(chatTemplate, dialect, chat) });
}

function send(message: RenderAnswer): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
