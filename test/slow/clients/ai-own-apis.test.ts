/* eslint-disable @typescript-eslint/no-deprecated -- generateObject is what most programs still use. */
import { APICallError, generateObject, generateText, stepCountIs, streamText } from 'ai';
import { describe, expect, it } from 'vitest';
import { ownApiWithModel } from '../../support/clients/ai-own-apis-suite.js';
import { anthropic, openai } from '../../support/clients/ai-providers.js';
import { aiTools } from '../../support/clients/ai-suite.js';
import { proves } from '../../support/clients/proofs.js';
import { rejection } from '../../support/clients/rejection.js';
import { Served, servers } from '../../support/clients/served.js';
import { brief } from '../../support/clients/shapes.js';

describe('the AI SDK with the bundled model', () => {
  const served = new Served(servers.bundled);

  describe.each([openai, anthropic])('$id', (provider) => {
    ownApiWithModel(served, provider);
  });
});

describe('the AI SDK with the mock', () => {
  const served = new Served(servers.mock);
  const prompt = 'First add {"a": 1, "b": 2}, then get_weather {"city": "Quito"}';

  describe.each([openai, anthropic])('$id', ({ id, model }) => {
    it.each(['whole', 'streamed'])('runs several tools and gets an answer, %s', proves(id, 'tools'), async (how) => {
      const ran: unknown[] = [];
      const common = { model: model(served), maxOutputTokens: 100, maxRetries: 0 };
      const request = { ...common, prompt, tools: aiTools(ran), stopWhen: stepCountIs(5) };
      const result = how === 'whole' ? await generateText(request) : streamText(request);
      expect(await result.text).toMatch(/^1 2 3/);
      expect((await result.steps).map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
      expect(ran).toEqual([
        ['add', { a: 1, b: 2 }],
        ['get_weather', { city: 'Quito' }],
      ]);
    });
  });

  it('is told that the mock cannot follow a schema', async () => {
    const error = await rejection(
      generateObject({ model: openai.model(served), prompt, schema: brief, maxRetries: 0 }),
    );
    expect(APICallError.isInstance(error) && error.statusCode).toBe(400);
    expect(error).toHaveProperty('message', expect.stringMatching(/mock engine cannot follow a JSON schema/));
  });
});
