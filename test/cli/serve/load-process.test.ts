import { expect, it } from 'vitest';
import { benchEnvironment } from '../../../src/cli/serve/load-process.js';

it('a load test gets its own key, and neither the flags of the server nor secrets', () => {
  const environment = { PATH: '/bin', CHATSTREAM_MODEL: 'm', CHATSTREAM_API_KEY: 'secret', OPENAI_API_KEY: 'secret' };
  expect(benchEnvironment(environment, 'own')).toEqual({ PATH: '/bin', CHATSTREAM_API_KEY: 'own', NO_COLOR: '1' });
});
