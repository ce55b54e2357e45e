import { describe } from 'vitest';
import { refusalsAreWaitedFor } from '../../support/clients/refusals-suite.js';
import { Served, servers } from '../../support/clients/served.js';

describe('a full queue of the mock', () => {
  const longReply = ['--mock-reply', 'long', '--queue-timeout', '300ms'];
  refusalsAreWaitedFor(new Served([...servers.mock, ...longReply]), 429, { max_queue: 0 });
});

describe('a full queue of the bundled model', () => {
  refusalsAreWaitedFor(new Served(servers.bundled), 429, { max_queue: 0 });
});
