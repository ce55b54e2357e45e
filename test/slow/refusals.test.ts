import { describe } from 'vitest';
import { refusalsAreWaitedFor } from '../support/clients/refusals-suite.js';

/** All clients wait at the same time, and the last ones are told to come back in 8 s. */
describe('a wait that takes longer than --queue-timeout', () => {
  refusalsAreWaitedFor(503, { max_queue: 16 });
});
