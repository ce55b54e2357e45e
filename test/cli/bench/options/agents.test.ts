import { describe, expect, it } from 'vitest';
import { optionsOf } from './parse-bench.js';

const cluster = ['--cluster', 'nats://user:secret@10.0.0.1'];
const target = ['-u', 'http://10.0.0.2:8000'];

describe('the agents of a bench', () => {
  it('are as many as --agents says, found through --cluster', async () => {
    const { agents } = await optionsOf('--agents', '3', ...cluster, ...target);
    expect(agents).toMatchObject({ count: 3, nats: { address: { shown: 'nats://10.0.0.1:4222' }, caPath: null } });
  });

  it.each([
    ['a server of the bench itself', ['--agents', '2', ...cluster], '--agents needs a server that is running'],
    ['no NATS', ['--agents', '2', ...target], 'cannot be found without --cluster'],
    ['NATS for nothing', [...cluster, ...target], '--cluster is for a load from several machines'],
    ['a socket', ['--agents', '2', ...cluster, '-u', 'unix:/tmp/s'], 'cannot reach a Unix socket'],
    ['samples', ['--agents', '2', ...cluster, ...target, '--samples', 's.jsonl'], '--samples cannot be combined'],
    [
      'too few in flight',
      ['--agents', '3', ...cluster, ...target, '--rate', '5', '--max-in-flight', '2'],
      '--max-in-flight 2 cannot be shared by 3 agents',
    ],
    [
      'too few in flight for their workers',
      ['--agents', '3', ...cluster, ...target, '--rate', '5', '--max-in-flight', '6', '--workers', '4'],
      '--max-in-flight 6 cannot be shared by 3 agents with 4 workers each',
    ],
  ])('refuse %s', async (_, argv, message) => {
    await expect(optionsOf(...argv)).rejects.toThrow(message);
  });
});
