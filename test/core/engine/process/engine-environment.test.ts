import { describe, expect, it } from 'vitest';
import { engineEnvironment } from '../../../../src/core/engine/process/engine-process.js';

describe('engineEnvironment', () => {
  it('gives libuv one thread and asks for huge pages', () => {
    expect(engineEnvironment({ HOME: '/home/me', UV_THREADPOOL_SIZE: '8' })).toEqual({
      HOME: '/home/me',
      UV_THREADPOOL_SIZE: '1',
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    });
    expect(engineEnvironment({ GLIBC_TUNABLES: '' })).toMatchObject({ GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' });
  });

  it('leaves out both where no weights are read', () => {
    expect(engineEnvironment({ HOME: '/home/me', HF_TOKEN: 'x' }, 'prompts')).toEqual({ HOME: '/home/me' });
  });

  it.each(['engine', 'prompts'] as const)(
    'leaves out an empty CI, which the library of the %s process refuses',
    (role) => {
      expect(engineEnvironment({ CI: '' }, role)).not.toHaveProperty('CI');
      expect(engineEnvironment({ CI: 'true' }, role)).toHaveProperty('CI', 'true');
    },
  );

  it("puts the user's tunables after ours, so that they win", () => {
    expect(engineEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' })).toMatchObject({
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1:glibc.malloc.hugetlb=0',
    });
  });
});
