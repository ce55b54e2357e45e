import { describe } from 'vitest';
import { refusalsAreWaitedFor } from '../../support/clients/refusals-suite.js';

describe('a queue that is full', () => {
  refusalsAreWaitedFor(429, { max_queue: 0 });
});
