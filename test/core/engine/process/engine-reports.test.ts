import { expect, it } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import { failedEvent, type Round } from '../../../../src/core/engine/engine.js';
import { EngineReports } from '../../../../src/core/engine/process/engine-reports.js';

const error = new ChatstreamError('engine_failed', 'The engine is gone.');

function listened(): { readonly reports: EngineReports; readonly rounds: Round[] } {
  const reports = new EngineReports();
  const rounds: Round[] = [];
  reports.rounds((round) => rounds.push(round));
  return { reports, rounds };
}

it('reports a refusal after the call that it answers', async () => {
  const { reports, rounds } = listened();
  reports.refusal('a', error);
  expect(rounds).toEqual([]);
  await Promise.resolve();
  expect(rounds).toEqual([{ durationMs: 0, batchSize: 0, events: [failedEvent('a', error)] }]);
});

it('reports no refusal of what was withdrawn meanwhile', async () => {
  const { reports, rounds } = listened();
  for (const id of ['a', 'b', 'c']) reports.refusal(id, error);
  reports.withdraw('a');
  await Promise.resolve();
  expect(rounds.flatMap(({ events }) => events)).toEqual([failedEvent('b', error), failedEvent('c', error)]);

  reports.refusal('d', error);
  reports.withdrawAll();
  await Promise.resolve();
  expect(rounds).toHaveLength(2);
});

it('makes no round of no events', () => {
  const { reports, rounds } = listened();
  reports.events([]);
  expect(rounds).toEqual([]);
});
