import { describe, expect, it } from 'vitest';
import { childEnvironment } from '../../../src/core/base/child-environment.js';

describe('childEnvironment', () => {
  it('passes on what the operating system, libraries and drivers need', () => {
    const environment = {
      PATH: '/usr/bin',
      HOME: '/home/me',
      LD_LIBRARY_PATH: '/opt/cuda',
      CUDA_VISIBLE_DEVICES: '1',
      TOKENIZERS_PARALLELISM: 'false',
      SSLKEYLOGFILE: '/tmp/keys',
      HF_ENDPOINT: 'https://mirror.example',
    };
    expect(childEnvironment(environment)).toEqual(environment);
  });

  it.each([
    'HF_TOKEN',
    'HUGGING_FACE_HUB_TOKEN',
    'OPENAI_API_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'DATABASE_PASSWORD',
    'Github_Token',
  ])('leaves out %s, which is a secret', (name) => {
    expect(childEnvironment({ [name]: 'secret', PATH: '/usr/bin' })).toEqual({ PATH: '/usr/bin' });
  });

  it('leaves out the variables of our own flags', () => {
    const environment = { CHATSTREAM_API_KEY: 'secret', CHATSTREAM_MODEL: 'm.gguf', CHATSTREAM_CACHE: '/cache' };
    expect(childEnvironment(environment)).toEqual({});
  });
});
