import { expect, it } from 'vitest';
import { readQueueView } from '../../../../src/core/server/console/queue-view.js';
import { Totals } from '../../../../src/core/telemetry/totals.js';
import { testApp } from '../../../support/app.js';

it('says where the slots are if they are not those of this server', async () => {
  const { inference } = await testApp();
  const statusNow = (): object =>
    readQueueView(inference, new Totals(inference.events), {
      ...{ payer: null, models: null, mayTurn: true, hasKeys: false },
    }).status;
  expect(statusNow()).not.toHaveProperty('slots_at');
  Object.defineProperty(inference, 'slotsAt', { value: 'nodes' });
  expect(statusNow()).toMatchObject({ slots_at: 'nodes' });
});
