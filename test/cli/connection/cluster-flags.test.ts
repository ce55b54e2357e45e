import { expect, it } from 'vitest';
import { natsOptionsOf } from '../../../src/cli/connection/cluster-flags.js';

it('shows a certificate to NATS only where its key is given as well', () => {
  const cluster = 'tls://nats.example:4222';
  expect(natsOptionsOf({ cluster }).certificate).toBeNull();
  expect(natsOptionsOf({ cluster, 'cluster-cert': 'c.pem', 'cluster-key': 'k.pem' }).certificate).toEqual({
    certPath: 'c.pem',
    keyPath: 'k.pem',
  });
  expect(() => natsOptionsOf({ cluster, 'cluster-cert': 'c.pem' })).toThrow('--cluster-key is not given');
  expect(() => natsOptionsOf({ cluster, 'cluster-key': 'k.pem' })).toThrow('--cluster-cert is not given');
});
