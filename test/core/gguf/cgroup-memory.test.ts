import { expect, it } from 'vitest';
import { freeInCgroup } from '../../../src/core/gguf/cgroup-memory.js';

const limit = 8000;
const read = (files: Readonly<Record<string, string>>) => (path: string) => files[path] ?? null;

it.each([
  [
    'a service',
    {
      '/proc/self/cgroup': '0::/system.slice/chatstream.service',
      '/sys/fs/cgroup/system.slice/chatstream.service/memory.current': '6000',
      '/sys/fs/cgroup/system.slice/chatstream.service/memory.stat':
        'anon 3000\ninactive_file 1400\nactive_file 100\nactive_anon 5',
    },
  ],
  [
    'a container',
    {
      '/proc/self/cgroup': '0::/',
      '/sys/fs/cgroup/memory.current': '6000',
      '/sys/fs/cgroup/memory.stat': 'inactive_file 1500',
    },
  ],
  [
    'a container of the first version',
    {
      '/proc/self/cgroup': '5:cpu,cpuacct:/docker/1\n4:memory:/docker/1',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '6000',
      '/sys/fs/cgroup/memory/memory.stat': 'inactive_file 7\ntotal_inactive_file 500\ntotal_active_file 1000',
    },
  ],
])('is what the limit of %s leaves, with what could be given back', (_what, files) => {
  expect(freeInCgroup(limit, read(files))).toBe(3500);
});

it('is nothing where more is used', () => {
  const files = { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/memory.current': '9000' };
  expect(freeInCgroup(limit, read(files))).toBe(0);
});

it('is unknown elsewhere', () => {
  expect(freeInCgroup(limit, read({}))).toBeNull();
});
