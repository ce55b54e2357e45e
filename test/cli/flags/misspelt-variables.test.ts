import { Flags } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { misspeltVariables } from '../../../src/cli/flags/misspelt-variables.js';

const flags = {
  'max-queue': Flags.integer({ env: 'CHATSTREAM_MAX_QUEUE' }),
  'api-key': Flags.string({ env: 'CHATSTREAM_API_KEY' }),
  port: Flags.integer({ env: 'CHATSTREAM_PORT' }),
};

describe('misspelt variables', () => {
  it.each([
    ['CHATSTREAM_MAX_QUEU', 'CHATSTREAM_MAX_QUEUE'],
    ['CHATSTREAM_API_KEYS', 'CHATSTREAM_API_KEY'],
    ['CHATSTREAM_PROT', 'CHATSTREAM_PORT'],
    ['CHATSTREAM_CACHES', 'CHATSTREAM_CACHE'],
  ])('%s is reported with %s', (variable, meant) => {
    expect(misspeltVariables({ [variable]: '1' }, flags, [])).toEqual([{ variable, meant }]);
  });

  it.each([
    ['is read', 'CHATSTREAM_API_KEY'],
    ['belongs to another command', 'CHATSTREAM_MAX_QUEUES'],
    ['comes from Kubernetes', 'CHATSTREAM_PORT_8000_TCP'],
    ['comes from Kubernetes too', 'CHATSTREAM_SERVICE_PORT'],
    ['comes from an image', 'CHATSTREAM_VERSION'],
    ['is of another program', 'MAX_QUEU'],
  ])('one that %s is not: %s', (_what, variable) => {
    expect(misspeltVariables({ [variable]: '1' }, flags, ['CHATSTREAM_MAX_QUEUES'])).toEqual([]);
  });

  it('one that is empty is not', () => {
    expect(misspeltVariables({ CHATSTREAM_MAX_QUEU: '' }, flags, [])).toEqual([]);
  });
});
