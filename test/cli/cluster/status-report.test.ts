import { expect, it } from 'vitest';
import { statusReport } from '../../../src/cli/cluster/status-report.js';

it('members of a cluster cannot control the terminal', () => {
  const name = 'x\u001b]0;y\u0007\u202e';
  const line = { model: name, holder: name, lease: 1, running: 0, waiting: 0, places: 1 };
  const lines = [{ value: line, silentMs: 100 }];
  const foreigners = [{ key: name, version: 1 }];
  const text = statusReport({ roundTripMs: 1, fronts: [], nodes: [], lines, foreigners }, 'nats://h:4222');
  expect(text).toMatch(/^x ]0;y .* x ]0;y /m);
  expect(text).toContain('x ]0;y speaks version 1');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
