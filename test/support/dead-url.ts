import { onTestFinished } from 'vitest';
import { ScriptedHttpServer } from './scripted-http-server.js';

/** The address of a server that is gone. Nothing answers there for the rest of the test, whatever else is started. */
export async function deadUrl(): Promise<string> {
  const server = await ScriptedHttpServer.start(() => undefined);
  onTestFinished(() => server.stop());
  const { url } = server;
  await server.die();
  return url;
}
