import { expect, it } from 'vitest';
import { chat, testApp, until } from '../../../../support/app.js';
import { ScriptedEngine } from '../../../../support/scripted-engine.js';
import { openStream } from '../../../../support/stream-client.js';

it('GET /v1/queue shows how much of a prompt has been read, until all of it has', async () => {
  const engine = new ScriptedEngine();
  const made = await testApp({ makeEngine: () => engine });
  await openStream(made.app, chat('hi'));
  await until(() => made.inference.running === 1);
  const shown = async (): Promise<unknown> => (await made.get('/v1/queue')).json<{ running: unknown[] }>().running[0];

  engine.begin();
  expect(await shown()).not.toHaveProperty('prefilled_tokens');
  engine.read(2);
  expect(await shown()).toMatchObject({ prompt_tokens: 3, prefilled_tokens: 2, output_tokens: 0 });
  engine.say('Hello');
  expect(await shown()).not.toHaveProperty('prefilled_tokens');
});
