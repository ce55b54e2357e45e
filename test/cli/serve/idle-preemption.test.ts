import { describe, expect, it } from 'vitest';
import { idlePreemption } from '../../../src/cli/serve/idle-preemption.js';
import { parseConfig } from '../../../src/core/config/read-config.js';

const sha256 = 'a'.repeat(64);
const set = { 'preempt-batch-after': 0, upstream: undefined, cluster: undefined, embeddings: false };
const withInteractive = parseConfig(`keys: [{ name: anna, sha256: ${sha256}, class: interactive }]`, 'c.yaml');
const without = parseConfig(`keys: [{ name: anna, sha256: ${sha256} }]`, 'c.yaml');
const anonymous = parseConfig('anonymous: { class: interactive }', 'c.yaml');

describe('--preempt-batch-after', () => {
  it('has an effect where a key, or a request without one, is interactive', () => {
    expect(idlePreemption(set, withInteractive)).toBeNull();
    expect(idlePreemption(set, anonymous)).toBeNull();
  });

  it('is not missed where it is not set', () => {
    expect(idlePreemption({ ...set, 'preempt-batch-after': undefined, upstream: [['http://gpu1']] }, null)).toBeNull();
  });

  it.each([
    ['nobody is interactive', set, without, 'no request is interactive'],
    ['there is no configuration', set, null, 'no request is interactive'],
    ['upstream servers generate', { ...set, upstream: [['http://gpu1']] }, withInteractive, 'upstream servers'],
    ['nodes generate', { ...set, cluster: 'nats://localhost' }, withInteractive, 'nodes of a cluster'],
    ['there are only embeddings', { ...set, embeddings: true }, withInteractive, 'embeddings are not paused'],
  ])('has none where %s', (_, flags, access, why) => {
    expect(idlePreemption(flags, access)).toContain(`--preempt-batch-after has no effect: `);
    expect(idlePreemption(flags, access)).toContain(why);
  });
});
