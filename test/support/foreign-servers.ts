import { type ScriptedExchange, ScriptedHttpServer } from './scripted-http-server.js';

/** Servers of other makes, which stream three words and say nothing about time or usage. */
export class ForeignServers {
  readonly #servers: ScriptedHttpServer[] = [];

  /** @param answer to a chat */
  async start(answer: (exchange: ScriptedExchange) => Promise<void> = streamWords): Promise<ScriptedHttpServer> {
    const server = await ScriptedHttpServer.start(async (exchange) => {
      const models = JSON.stringify({ object: 'list', data: [{ id: 'parrot', object: 'model', owned_by: 'me' }] });
      if (exchange.head.startsWith('GET /v1/models ')) await exchange.answer('200 OK', [], models);
      else if (exchange.head.startsWith('POST /v1/chat/completions ')) await answer(exchange);
      else await exchange.answer('404 Not Found', [], '');
    });
    this.#servers.push(server);
    return server;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) await server.stop();
  }
}

export async function streamWords(exchange: ScriptedExchange): Promise<void> {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const words = ['Polly', ' wants', ' a'].map((content) => chunk({ content }, null));
  await exchange.stream(chunk({ role: 'assistant' }, null), ...words, chunk({}, 'stop'), 'data: [DONE]\n\n');
}
