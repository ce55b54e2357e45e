import { expect, it } from 'vitest';
import { chat, testApp, until } from '../../../../support/app.js';
import { ScriptedEngine } from '../../../../support/scripted-engine.js';
import { openStream } from '../../../../support/stream-client.js';

interface Running {
  readonly id: string;
  readonly slot: number | null;
}

it('GET /v1/queue shows one request in a slot, even if a restarted engine gives the slot to another one', async () => {
  const engine = new ScriptedEngine();
  const made = await testApp({ makeEngine: () => engine });
  await openStream(made.app, chat('hi'));
  await openStream(made.app, chat('hello'));
  await until(() => made.inference.running === 2);
  const running = async (): Promise<Running[]> => (await made.get('/v1/queue')).json<{ running: Running[] }>().running;
  const slots = async (): Promise<unknown> => (await running()).map(({ slot }) => slot);
  const [first = '', second = ''] = (await running()).map(({ id }) => id);

  engine.beginOne(first, 0);
  engine.beginOne(second, 1);
  expect(await slots()).toEqual([0, 1]);
  engine.restart(1);
  engine.beginOne(second, 0);
  expect(await slots()).toEqual([null, 0]);
  engine.beginOne(first, 1);
  expect(await slots()).toEqual([1, 0]);
});
