import { Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { serveFlags } from '../../../../src/cli/serve/flags/flags.js';
import { serveOptions } from '../../../../src/cli/serve/options/options.js';
import type { Replication } from '../../../../src/core/executor/replicas/replication.js';

async function replicationOf(...argv: readonly string[]): Promise<Replication | null> {
  const { flags } = await Parser.parse([...argv], { flags: serveFlags, strict: true });
  return (await serveOptions(flags, '1.2.3')).replication;
}

describe('--replicas and --devices', () => {
  it('are one engine by default, and with --replicas 1', async () => {
    expect(await replicationOf()).toBeNull();
    expect(await replicationOf('--replicas', '1')).toBeNull();
  });

  it('are as many engines as they say', async () => {
    const two = { variables: [{}, {}], needsDevice: false };
    expect(await replicationOf('--replicas', '2')).toEqual(two);
    expect(await replicationOf('--replicas', '2', '--engine', 'mock', '--embeddings')).toEqual(two);
  });

  it('are an engine for each device, also for a single one', async () => {
    expect(await replicationOf('--devices', '1', '--gpu', 'vulkan')).toEqual({
      variables: [{ GGML_VK_VISIBLE_DEVICES: '1' }],
      needsDevice: true,
    });
    expect((await replicationOf('--devices', '0,1', '--replicas', '2', '--gpu', 'vulkan'))?.variables.length).toBe(2);
  });

  it('hold for each of several models, and for one that is unloaded when it is idle', async () => {
    const two = { variables: [{}, {}], needsDevice: false };
    const mocks = ['--engine', 'mock', '-m', 'chat=x', '-m', 'code=y', '--replicas', '2'];
    expect(await replicationOf(...mocks)).toEqual(two);
    expect(await replicationOf('--replicas', '2', '--idle-unload', '1m')).toEqual(two);
  });

  it.each([
    [['--replicas', '3', '-n', '2'], '3 engines cannot share 2 slots.'],
    [['--replicas', '2', '-n', '1'], '2 engines cannot share one slot.'],
    [['--replicas', '4', '--threads', '3'], '--threads 3 is not enough for 4 engines.'],
    [['--replicas', '3', '--devices', '0,1'], '--replicas 3 contradicts --devices, which has 2.'],
    [['--devices', '0', '--engine', 'mock'], '--devices has no effect with --engine mock.'],
    [['--replicas', '2', '-n', '257', '--slots', '514'], 'Expected an integer less than or equal to 512'],
  ])('refuse %j', async (argv, reason) => {
    await expect(replicationOf(...argv)).rejects.toThrow(reason);
  });

  it("allow each engine llama.cpp's number of slots", async () => {
    await expect(replicationOf('-n', '512')).rejects.toThrow('at most 256 sequences');
    expect(await replicationOf('-n', '512', '--replicas', '2')).not.toBeNull();
  });
});
