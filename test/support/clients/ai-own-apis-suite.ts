/* eslint-disable @typescript-eslint/no-deprecated -- generateObject is what most programs still use. */
import { generateObject, generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { expect, it } from 'vitest';
import type { AiProvider } from './ai-providers.js';
import { aiTools } from './ai-suite.js';
import { proves } from './proofs.js';
import type { Served } from './served.js';
import { brief, essay, essayTokens } from './shapes.js';

/** What must hold with any model, in the APIs that OpenAI and Anthropic have of their own. */
export function ownApiWithModel(served: Served, { id, model, oneCall }: AiProvider): void {
  const common = (): { model: LanguageModel; maxRetries: number; providerOptions: typeof oneCall } => ({
    model: model(served),
    maxRetries: 0,
    providerOptions: oneCall,
  });
  const prompt = 'Hello!';
  const short = { prompt, maxOutputTokens: 16 };

  it('gets a whole answer', proves(id, 'whole'), async () => {
    const { text, usage, finishReason } = await generateText({ ...common(), ...short });
    expect(text).not.toBe('');
    expect(finishReason).toMatch(/stop|length/);
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it('gets a stream', proves(id, 'streamed'), async () => {
    const result = streamText({ ...common(), ...short });
    const pieces: string[] = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(await result.text);
    expect(await result.finishReason).toMatch(/stop|length/);
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
  });

  it('frees its slot when it leaves', proves(id, 'aborted'), async () => {
    const before = await served.cancelled();
    const controller = new AbortController();
    const abortSignal = controller.signal;
    const { fullStream } = streamText({
      ...common(),
      tools: { publish: tool({ inputSchema: essay }) },
      toolChoice: 'required',
      maxOutputTokens: essayTokens,
      prompt,
      abortSignal,
    });
    for await (const { type } of fullStream) if (type === 'tool-input-delta') controller.abort();
    expect(await served.cancelledWhenIdle()).toBe(before + 1);
  });

  it.each(['whole', 'streamed'])('runs a tool and is answered, %s', proves(id, 'tools'), async (how) => {
    const ran: unknown[] = [];
    const request = {
      ...common(),
      tools: aiTools(ran),
      prompt: 'What is the weather in Oslo?',
      maxOutputTokens: 100,
      stopWhen: stepCountIs(2),
      // First it must call, then it must answer.
      prepareStep: ({ stepNumber }: { stepNumber: number }) => ({
        toolChoice: stepNumber === 0 ? ('required' as const) : ('none' as const),
        ...(stepNumber > 0 && { maxOutputTokens: 8 }),
      }),
    };
    const result = how === 'whole' ? await generateText(request) : streamText(request);
    const reasons = (await result.steps).map(({ finishReason }) => finishReason);
    expect(reasons).toEqual(['tool-calls', expect.stringMatching(/stop|length/)]);
    expect(ran).toHaveLength(1);
  });

  it('gets an object with the shape of a zod schema', proves(id, 'schemas'), async () => {
    const { object } = await generateObject({
      ...common(),
      schema: brief,
      prompt: 'Write a report.',
      maxOutputTokens: 300,
    });
    expect(brief.parse(object)).toEqual(object);
  });
}
