/* eslint-disable @typescript-eslint/no-deprecated -- generateObject and streamObject are what most programs still use. */
import {
  generateObject,
  generateText,
  type LanguageModel,
  NoObjectGeneratedError,
  Output,
  stepCountIs,
  streamObject,
  streamText,
  tool,
} from 'ai';
import { describe, expect, it } from 'vitest';
import { compatible } from './ai-providers.js';
import { proves } from './proofs.js';
import type { Served } from './served.js';
import { brief, city, essay, essayTokens, looseReport, sum } from './shapes.js';

/** Tools that run, and note that they did. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- The tools' types are only inferred.
export function aiTools(ran: unknown[] = []) {
  const run = (name: string) => (args: unknown) => {
    ran.push([name, args]);
    return { done: name };
  };
  return {
    get_weather: tool({ description: 'The weather in a city.', inputSchema: city, execute: run('get_weather') }),
    add: tool({ description: 'Adds two numbers.', inputSchema: sum, execute: run('add') }),
  };
}

export const aiModel = compatible.model;

/** For lists, which nothing bounds: those that are not complete must have been cut off. */
function ifCutOff(error: unknown): null {
  if (NoObjectGeneratedError.isInstance(error) && error.finishReason === 'length') return null;
  throw error;
}

/** What must hold with any model: it is held to its calls and formats by grammars. */
export function aiWithModel(served: Served): void {
  const { id, oneCall } = compatible;
  const common = (): { model: LanguageModel; seed: number; maxRetries: number; providerOptions: typeof oneCall } => ({
    model: aiModel(served),
    seed: 7,
    maxRetries: 0,
    // A small model repeats its calls without end.
    providerOptions: oneCall,
  });

  describe('tools', () => {
    it.each(['whole', 'streamed'])('run, and their results are answered, %s', proves(id, 'tools'), async (how) => {
      const ran: unknown[] = [];
      const request = {
        ...common(),
        tools: aiTools(ran),
        prompt: 'What is the weather in Oslo?',
        maxOutputTokens: 300,
        stopWhen: stepCountIs(2),
        // First it must call, then it must answer.
        prepareStep: ({ stepNumber }: { stepNumber: number }) => ({
          toolChoice: stepNumber === 0 ? ('required' as const) : ('none' as const),
        }),
      };
      const result = how === 'whole' ? await generateText(request) : streamText(request);
      const steps = await result.steps;
      expect(steps.map(({ finishReason }) => finishReason)).toEqual([
        'tool-calls',
        expect.stringMatching(/stop|length/),
      ]);
      expect(steps[0]?.toolCalls).toHaveLength(1);
      expect(ran).toHaveLength(1);
      expect((await result.usage).outputTokens).toBeGreaterThan(0);
    });

    it('are called by name', async () => {
      const toolChoice = { type: 'tool' as const, toolName: 'add' as const };
      const { toolCalls } = await generateText({ ...common(), tools: aiTools(), toolChoice, prompt: 'Hello!' });
      expect(toolCalls).toMatchObject([{ toolName: 'add' }]);
      expect(sum.safeParse(toolCalls[0]?.input).success).toBe(true);
    });

    it('are left to the model, and what it does can be read', async () => {
      const result = streamText({ ...common(), tools: aiTools(), prompt: 'What is 2 + 3?' });
      const types = new Set<string>();
      for await (const { type } of result.fullStream) types.add(type);
      expect(types).not.toContain('error');
      expect(types.has('text-delta') || types.has('tool-call')).toBe(true);
    });

    it('free their slot when the client leaves in the middle of a call', proves(id, 'aborted'), async () => {
      const before = await served.cancelled();
      const controller = new AbortController();
      const { fullStream } = streamText({
        ...common(),
        tools: { publish: tool({ inputSchema: essay }) },
        toolChoice: 'required',
        maxOutputTokens: essayTokens,
        prompt: 'Hello!',
        abortSignal: controller.signal,
      });
      for await (const { type } of fullStream) if (type === 'tool-input-delta') controller.abort();
      expect(await served.cancelledWhenIdle()).toBe(before + 1);
    });
  });

  describe('structured output', () => {
    const prompt = 'Write a report.';

    it('has the shape of a zod schema', proves(id, 'schemas'), async () => {
      const { object, finishReason } = await generateObject({ ...common(), schema: looseReport, prompt });
      expect(finishReason).toBe('stop');
      expect(looseReport.parse(object)).toEqual(object);
    });

    it('has it in a stream', async () => {
      const { partialObjectStream, object } = streamObject({ ...common(), schema: looseReport, prompt });
      const partials: unknown[] = [];
      for await (const partial of partialObjectStream) partials.push(partial);
      expect(partials.length).toBeGreaterThan(1);
      expect(looseReport.parse(await object)).toBeDefined();
    });

    it('can be a list, or one of several words', async () => {
      const list = await generateObject({ ...common(), output: 'array', schema: city, prompt }).catch(ifCutOff);
      expect(list === null || city.array().safeParse(list.object).success).toBe(true);
      const word = await generateObject({ ...common(), output: 'enum', enum: ['calm', 'stormy'], prompt });
      expect(['calm', 'stormy']).toContain(word.object);
    });

    it('can be the output of a text', async () => {
      const result = await generateText({ ...common(), output: Output.object({ schema: brief }), prompt });
      expect(brief.parse(result.output)).toEqual(result.output);
      const choice = await generateText({ ...common(), output: Output.choice({ options: ['yes', 'no'] }), prompt });
      expect(['yes', 'no']).toContain(choice.output);
    });

    it('can follow calls of tools', async () => {
      const result = await generateText({
        ...common(),
        prompt,
        tools: aiTools(),
        output: Output.object({ schema: brief }),
        stopWhen: stepCountIs(2),
        prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
      });
      expect(result.steps[0]?.toolCalls).toHaveLength(1);
      expect(brief.parse(result.output)).toEqual(result.output);
    });
  });
}
