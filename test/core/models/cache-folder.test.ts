import { describe, expect, it } from 'vitest';
import { modelsFolder } from '../../../src/core/models/cache-folder.js';

describe.skipIf(process.platform === 'win32')('the folder of models', () => {
  it.each([
    ['linux', {}, '/home/me/.cache/chatstream/models'],
    ['linux', { XDG_CACHE_HOME: '/fast' }, '/fast/chatstream/models'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/me/.cache/chatstream/models'],
    ['freebsd', {}, '/home/me/.cache/chatstream/models'],
    ['darwin', {}, '/home/me/Library/Caches/chatstream/models'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/chatstream/models'],
    ['win32', {}, '/home/me/AppData/Local/chatstream/models'],
    ['linux', { CHATSTREAM_CACHE: '/data', XDG_CACHE_HOME: '/fast' }, '/data/models'],
    ['darwin', { CHATSTREAM_CACHE: '/data' }, '/data/models'],
    ['linux', { CHATSTREAM_CACHE: '' }, '/home/me/.cache/chatstream/models'],
  ] as const)('on %s with %j is %s', (system, environment, folder) => {
    expect(modelsFolder(environment, system, '/home/me')).toBe(folder);
  });
});
