import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../../../src/core/base/environment.js';

describe('the environment without secrets', () => {
  it.each([
    ...['GITHUB_TOKEN', 'HF_TOKEN', 'OPENAI_API_KEY', 'CHATSTREAM_API_KEY', 'AWS_SECRET_ACCESS_KEY', 'PGPASSWORD'],
    ...['DB_PASS', 'npm_config_password', 'GOOGLE_APPLICATION_CREDENTIALS', 'MYSQL_PWD', 'Api_Key', 'TOKEN'],
  ])('leaves out %s', (name) => {
    expect(withoutSecrets({ [name]: 'secret' })).toEqual({});
  });

  it.each(['PATH', 'HOME', 'LD_LIBRARY_PATH', 'PWD', 'OLDPWD', 'SSH_AUTH_SOCK', 'KEYBOARD', 'TOKENIZERS_PARALLELISM'])(
    'keeps %s',
    (name) => {
      expect(withoutSecrets({ [name]: 'value' })).toEqual({ [name]: 'value' });
    },
  );

  it('keeps what is needed', () => {
    const environment = { HF_TOKEN: 'hf', GITHUB_TOKEN: 'gh' };
    expect(withoutSecrets(environment, (name) => name === 'HF_TOKEN')).toEqual({ HF_TOKEN: 'hf' });
  });
});
