import { expect, it } from 'vitest';
import { chat, type TestApp } from '../../support/app.js';

export const chatPath = '/v1/chat/completions';
export const completionPath = '/v1/completions';

const routes = [
  { path: chatPath, base: chat('hello', { max_tokens: 2 }) },
  { path: completionPath, base: { prompt: 'hello', max_tokens: 2 } },
];

export interface ParameterCases {
  /** Names of parameters, and values that both routes take. */
  readonly accepted: readonly (readonly [string, readonly unknown[]])[];
  /** The parameter that an error names, and what is added to a body. */
  readonly refused: readonly (readonly [string, object])[];
}

/** Tests of both routes, for a server that is there once the tests run. */
export function testParameters({ accepted, refused }: ParameterCases, app: () => TestApp): void {
  const accepts = routes.flatMap((route) => accepted.map(([param, values]) => ({ ...route, param, values })));
  const refusals = routes.flatMap((route) => refused.map(([param, body]) => ({ ...route, param, body })));

  it.each(accepts)('$path accepts $param as $values', async ({ path, base, param, values }) => {
    const answers = await Promise.all(
      values.map((value) => app().post(path, { ...base, ...Object.fromEntries([[param, value]]) })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(values.map(() => 200));
  });

  it.each(refusals)('$path refuses $body and names $param', async ({ path, base, param, body }) => {
    const answer = await app().ask(path, { ...base, ...body });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({
      error: { type: 'invalid_request_error', code: 'invalid_request', param },
    });
  });
}
