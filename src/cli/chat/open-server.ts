import { ChatstreamError } from '../../core/base/errors.js';
import { member } from '../../core/base/json.js';
import { startOwnServer } from '../../core/bench/target/own-server.js';
import { type ChatServer, reachChatServer } from '../../core/chat/chat-server.js';
import { connectionOptions } from '../connection/options.js';
import { ownServerBeginning, ownServerCommand, type ServerFlagValues } from '../serve/flags/own-server.js';

export interface ServerChoice {
  /** Undefined: none was named. */
  readonly url: string | undefined;
  /** The model to ask for at the URL, or without one the model to load; undefined: none was named. */
  readonly model: string | undefined;
  readonly 'api-key': string | undefined;
  readonly ca: string | undefined;
  readonly insecure: boolean;
  /** Flags for a server that is started here, as they were given. */
  readonly given: ServerFlagValues;
}

export interface OpenServerHooks {
  /** Where `bin/` is. */
  readonly packageRoot: string;
  readonly tell: (line: string) => void;
  readonly log: (line: string) => void;
  /** Aborted to cancel. */
  readonly stopping: AbortSignal;
}

export interface OpenedServer {
  readonly server: ChatServer;
  /** Ends a server that was started here. */
  readonly close: () => Promise<void>;
}

const usualUrl = 'http://127.0.0.1:8000';

/**
 * The server to talk to: the one at the URL if a URL is given; otherwise one that is started with the given model; and
 * if neither is given, the one that runs at the usual address, or one that is started with the bundled model.
 *
 * @throws ChatstreamError `usage`, `target_unreachable`; `cancelled` if it was stopped
 */
export async function openServer(choice: ServerChoice, hooks: OpenServerHooks): Promise<OpenedServer> {
  const { url, model, given } = choice;
  if (url !== undefined) return { server: await reach(choice, url), close: () => Promise.resolve() };
  if (model === undefined && Object.keys(given).length === 0) {
    const running = await reach(choice, usualUrl).catch((error: unknown) => {
      if (error instanceof ChatstreamError && isNothingThere(error)) return null;
      throw error;
    });
    if (running !== null) return { server: running, close: () => Promise.resolve() };
  }
  hooks.tell(ownServerBeginning({ engine: String(given['engine'] ?? 'llama'), model: model ?? 'the bundled model' }));
  const flags = model === undefined ? given : { ...given, model };
  const command = ownServerCommand(hooks.packageRoot, flags, { slots: 1, clients: undefined });
  const own = await startOwnServer(command, hooks.log, hooks.stopping);
  try {
    return { server: await reach({ ...choice, model: undefined }, own.url), close: () => own.stop() };
  } catch (error) {
    await own.stop();
    throw error;
  }
}

async function reach({ model, ...flags }: ServerChoice, url: string): Promise<ChatServer> {
  return await reachChatServer(url, { model: model ?? null, ...(await connectionOptions(flags)) });
}

function isNothingThere({ cause }: ChatstreamError): boolean {
  return member(cause, 'code') === 'ECONNREFUSED';
}
