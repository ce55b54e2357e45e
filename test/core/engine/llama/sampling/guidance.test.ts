import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { greedy } from '../../../../support/sampling.js';
import { EngineHarness } from '../engine-harness.js';

let harness: EngineHarness;
beforeAll(async () => {
  harness = await EngineHarness.start({ slots: 2 });
});
afterAll(async () => {
  await harness.stop();
});

const endOfTurn = 257;

/** Thoughts in plain characters, and then one of two words. */
const format = { type: 'grammar', grammar: 'root ::= [^<]* "</t>" ("yes" | "no")' } as const;
const thoughtLimit = { begin: null, end: '</t>', closing: '</t>', maxTokens: 5 };

describe('a generation with a grammar and a limited thought', () => {
  it('goes on with the end of the thought, and is held to the grammar after it', async () => {
    const { text, end } = await harness.runOne({ format, thoughtLimit, ignoreEos: false, maxTokens: 40 });
    expect(text).toMatch(/<\/t>(yes|no)$/);
    expect(text.indexOf('</t>')).toBeLessThanOrEqual(20);
    expect(end).toMatchObject({ reason: 'stop' });
  });

  it('is the same when it is resumed at any place', async () => {
    const spec = { format, thoughtLimit, ignoreEos: false, maxTokens: 40, prompt: harness.prompt(8, 3) };
    const whole = await harness.runOne(spec);
    for (const at of [1, 4, 6, 8, 10]) {
      const resumed = await harness.runOne({ ...spec, resumeAfter: whole.tokens.slice(0, at) });
      expect([...whole.tokens.slice(0, at), ...resumed.tokens], `resumed after ${at}`).toEqual(whole.tokens);
    }
  });

  it('is resumed at any place after it was kept from ending without an answer', async () => {
    const hasty = { ...greedy, logitBias: { [endOfTurn]: 100 } };
    const loose = { type: 'grammar', grammar: 'root ::= [^>]* ">" ("yes" | "no")' } as const;
    const limit = { ...thoughtLimit, maxTokens: 2 };
    const spec = { format: loose, thoughtLimit: limit, sampling: hasty, ignoreEos: false, maxTokens: 40 };
    const whole = await harness.runOne(spec);
    expect(whole.text).toMatch(/^<\/t>(yes|no)$/);
    for (const at of whole.tokens.keys()) {
      const begun = whole.text.slice(0, at);
      const { text, end } = await harness.runOne({ ...spec, resumeAfter: whole.tokens.slice(0, at) });
      expect(`${begun}${text}`, `resumed after ${at}`).toMatch(/^(<\/?t?)?<\/t>(yes|no)$/);
      expect(end).toMatchObject({ reason: 'stop' });
    }
  });

  it('is held to the grammar from its first token if no thought may begin', async () => {
    const optional = { ...thoughtLimit, begin: '<t>' };
    const yesOrNo = { type: 'grammar', grammar: 'root ::= "yes" | "no"' } as const;
    const { text, end } = await harness.runOne({ format: yesOrNo, thoughtLimit: optional, ignoreEos: false });
    expect(text).toMatch(/^(yes|no)$/);
    expect(end).toMatchObject({ reason: 'stop' });
  });
});
