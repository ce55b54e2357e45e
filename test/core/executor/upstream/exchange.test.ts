import { expect, it } from 'vitest';
import { Exchange } from '../../../../src/core/executor/upstream/exchange.js';

type Controller = Parameters<Exchange['onResponseStart']>[0];

const controller: Controller = {
  ...{ aborted: false, paused: false, reason: null, rawHeaders: null, rawTrailers: null },
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};

/** What is heard of a stream whose connection breaks after these events. */
function heardOf(...events: readonly string[]): readonly string[] {
  const heard: string[] = [];
  const exchange = new Exchange(
    {
      whole: () => heard.push('whole'),
      begun: () => heard.push('begun'),
      data: () => heard.push('data'),
      ended: () => heard.push('ended'),
      failed: ({ type }) => heard.push(type),
    },
    { isResumption: false },
  );
  exchange.onResponseStart(controller, 200, { 'content-type': 'text/event-stream' });
  for (const event of events) exchange.onResponseData(controller, Buffer.from(`data: ${event}\n\n`));
  exchange.onResponseError(controller, new Error('other side closed'));
  return heard;
}

const token = (content: string): string => JSON.stringify({ choices: [{ index: 0, delta: { content } }] });

it('has an answer whose end has come, whatever happens to the connection after that', () => {
  expect(heardOf(token('Hi'), '[DONE]')).toEqual(['begun', 'data', 'data', 'ended']);
});

it('takes nothing in the text of an answer for its end', () => {
  expect(heardOf(token('data: [DONE]'))).toEqual(['begun', 'data', 'broken']);
});
