import { describe, expect, it } from 'vitest';
import { ServiceCharges } from '../../../../src/core/scheduler/fairness/service-charges.js';
import { KeyAccount, outputWeight, promptWeight, Ticket } from '../../../../src/core/scheduler/jobs/key-account.js';
import { rankOf } from '../../../../src/core/scheduler/jobs/traffic-class.js';
import { KeyJob } from '../fair-stage.js';

const rank = rankOf('batch');

function begun(promptTokens: number, maxTokens = 100): { charges: ServiceCharges<KeyJob>; ticket: Ticket<KeyJob> } {
  const charges = new ServiceCharges<KeyJob>();
  const lane = new KeyAccount<KeyJob>('nightly').lanes[rank];
  if (lane === undefined) throw new Error('There are no batch jobs.');
  const job = new KeyJob('a', { key: 'nightly', trafficClass: 'batch', promptTokens, maxTokens }, 10, 0);
  const ticket = new Ticket(job, lane, 0, 0, job.places);
  charges.started(ticket, rank);
  return { charges, ticket };
}

function produce(charges: ServiceCharges<KeyJob>, ticket: Ticket<KeyJob>, tokens: number): void {
  for (let count = 0; count < tokens; count += 1) charges.produced(ticket);
}

describe('what a key pays for a job', () => {
  it('is, in the end, for what was computed: prompt tokens that were not cached, and output tokens', () => {
    const { charges, ticket } = begun(50);
    charges.cached(ticket, 20);
    produce(charges, ticket, 90);
    charges.stopped(ticket);
    expect(ticket.lane.account.servedIn(rank)).toBe(30 * promptWeight + 90 * outputWeight);
  });

  it('is the same after a pause: nothing is paid twice, and nothing in advance while it waits', () => {
    const { charges, ticket } = begun(50);
    charges.cached(ticket, 20);
    produce(charges, ticket, 25);
    charges.stopped(ticket);
    expect(ticket.lane.account.servedIn(rank)).toBe(30 * promptWeight + 25 * outputWeight);
    charges.started(ticket, rank);
    produce(charges, ticket, 65);
    charges.stopped(ticket);
    expect(ticket.lane.account.servedIn(rank)).toBe(30 * promptWeight + 90 * outputWeight);
  });
});
