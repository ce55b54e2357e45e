import { describe } from 'vitest';
import { Served, servers } from '../../support/clients/served.js';
import { turnsAreKept } from '../../support/clients/turns-suite.js';

describe.each(['mock', 'bundled'] as const)('chats with the server: %s', (server) => {
  turnsAreKept(new Served(servers[server]));
});
