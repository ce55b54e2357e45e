import { afterEach, describe, expect, it, vi } from 'vitest';
import { chatDialect } from '../../../../../src/core/engine/dialects/templates/chat-dialect.js';
import { limits } from '../../../../../src/core/engine/grammar/limits.js';
import { Formats } from '../../../../../src/core/engine/llama/formats/formats.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The process is stopped for too long while something is compiled. */
function stopTheProcess(): void {
  const now = performance.now();
  vi.spyOn(performance, 'now')
    .mockReturnValueOnce(now)
    .mockReturnValue(now + limits.milliseconds + 1);
}

/** Takes so many steps that the clock is looked at. */
const schema = { enum: Array.from({ length: 2000 }, (_, index) => `word ${index}`) };

describe('a format that took too long because the machine stood still', () => {
  it('is compiled again for the next request', () => {
    const formats = new Formats();
    const compile = (): unknown => formats.compile({ type: 'json_schema', schema }, null);
    stopTheProcess();
    expect(compile).toThrow(expect.objectContaining({ code: 'grammar_too_complex' }));
    vi.restoreAllMocks();
    expect(compile()).toMatchObject({ type: 'compiled' });
  });

  it('lets calls go without their schemas this time, and not the next', () => {
    const parameters = { type: 'object', properties: { word: schema }, required: ['word'] };
    const demand = { tools: [{ name: 'say', parameters, isStrict: false }], isRequired: false, isParallel: false };
    const chat = { dialect: chatDialect(null), isThinking: false };
    const formats = new Formats();
    const compile = (): unknown => formats.compile({ type: 'calls', demand, otherwise: { type: 'text' } }, chat);
    stopTheProcess();
    const hurried = compile();
    vi.restoreAllMocks();
    const whole = compile();
    expect(hurried).toMatchObject({ type: 'compiled' });
    expect(whole).toMatchObject({ type: 'compiled' });
    expect(whole).not.toEqual(hurried);
  });
});
