import { describe } from 'vitest';
import { refusalsAreWaitedFor } from '../support/clients/refusals-suite.js';
import { Served, servers } from '../support/clients/served.js';

/** All clients wait at the same time, and the last ones are told to come back in 8 s. */
describe('a wait that takes longer than --queue-timeout', () => {
  const served = new Served([...servers.mock, '--mock-reply', 'long', '--queue-timeout', '300ms']);
  refusalsAreWaitedFor(served, 503, { max_queue: 16 });
});
