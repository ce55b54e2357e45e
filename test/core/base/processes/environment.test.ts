import { describe, expect, it } from 'vitest';
import { environmentWithoutSecrets } from '../../../../src/core/base/processes/environment.js';

describe('the environment without secrets', () => {
  it.each([
    ...['GITHUB_TOKEN', 'HF_TOKEN', 'OPENAI_API_KEY', 'CHATSTREAM_API_KEY', 'AWS_SECRET_ACCESS_KEY', 'PGPASSWORD'],
    ...[
      'DB_PASS',
      'HUGGING_FACE_HUB_TOKEN',
      'AWS_SESSION_TOKEN',
      'DATABASE_PASSWORD',
      'Github_Token',
      'npm_config_password',
      'GOOGLE_APPLICATION_CREDENTIALS',
      'MYSQL_PWD',
      'Api_Key',
      'TOKEN',
    ],
  ])('leaves out %s', (name) => {
    expect(environmentWithoutSecrets({ [name]: 'secret' })).toEqual({});
  });

  it.each([
    'PATH',
    'HOME',
    'CUDA_VISIBLE_DEVICES',
    'SSLKEYLOGFILE',
    'HF_ENDPOINT',
    'LD_LIBRARY_PATH',
    'PWD',
    'OLDPWD',
    'SSH_AUTH_SOCK',
    'KEYBOARD',
    'TOKENIZERS_PARALLELISM',
  ])('keeps %s', (name) => {
    expect(environmentWithoutSecrets({ [name]: 'value' })).toEqual({ [name]: 'value' });
  });

  it('keeps what is needed', () => {
    const environment = { HF_TOKEN: 'hf', GITHUB_TOKEN: 'gh' };
    expect(environmentWithoutSecrets(environment, (name) => name === 'HF_TOKEN')).toEqual({ HF_TOKEN: 'hf' });
  });
});
