import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { FailureLog } from '../../../../src/core/server/store/failure-log.js';
import { silentLogger } from '../../../support/silent-logger.js';
import { until } from '../../../support/until.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

it('warns once a minute while the store fails, and says when it works again', async () => {
  const clock = new VirtualClock();
  const lines: object[] = [];
  const add = (fields: object): void => {
    lines.push(fields);
  };
  const log = new FailureLog({ path: tmpdir(), clock, logger: { ...silentLogger, warn: add, info: add } });
  log.succeeded();
  for (let failure = 0; failure < 100; failure += 1) log.failed('disk I/O error');
  await until(() => lines.length > 0, 'the warning');
  clock.advance(60_000);
  log.failed('disk I/O error');
  await until(() => lines.length > 1, 'the second warning');
  log.succeeded();
  log.succeeded();
  expect(lines).toMatchObject([
    { store: tmpdir(), reason: 'disk I/O error', failures: 1, free_bytes: expect.any(Number) as number },
    { failures: 101 },
    { failures: 101 },
  ]);
});
