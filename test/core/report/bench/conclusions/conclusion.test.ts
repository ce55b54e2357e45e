import { describe, expect, it } from 'vitest';
import type { Plan, Sweep } from '../../../../../src/core/measurement/result-schema.js';
import { summarise } from '../../../../../src/core/measurement/settings/summarise.js';
import {
  conclusionSentences,
  conclusionsOf,
  recommendationText,
} from '../../../../../src/core/report/bench/conclusions/conclusion.js';
import { uslThroughput } from '../../../../../src/core/statistics/usl.js';
import { benchResult } from '../../../../support/bench-result.js';
import { examples } from '../examples.js';

const usl = { lambda: 100, sigma: 0.1, kappa: 0.01, r2: 0.98765, peak: 9.49 };

function sentences(sweep: Partial<Sweep>): readonly string[] {
  const settings = [1, 2, 4, 8].map((maxConcurrency) => ({ maxConcurrency, completed: 20 }));
  const { result, summaries } = benchResult({ settings, sweep });
  return conclusionSentences(result, summaries).map((sentence) => sentence.replaceAll('\u00a0', ' '));
}

describe('the sweep in words', () => {
  it('is nothing if nothing was found', () => {
    expect(sentences({})).toEqual([]);
  });

  it('names the knee and the fitted law', () => {
    expect(sentences({ knee: 4, usl })).toEqual([
      'The knee, where the ratio of throughput to response time is highest, is at max-concurrency 4.',
      'The Universal Scalability Law fits (λ = 100 tokens/s for one request alone, contention σ = 0.1, crosstalk κ = 0.01, ' +
        'R² = 0.988): it predicts the highest throughput, 357 tokens/s, at max-concurrency 9.',
    ]);
  });

  it('promises no throughput far beyond what was measured', () => {
    expect(sentences({ usl: { ...usl, peak: 101 } })[0]).toMatch(
      /far from its peak, which would be near max-concurrency 101\.$/,
    );
    expect(sentences({ usl: { ...usl, peak: null } })[0]).toMatch(/throughput keeps growing\.$/);
  });

  it('ends in a clause that a sentence can take up', () => {
    const recommendation = { max_concurrency: 2, concurrency: 8, reason: 'it is\nbest.' };
    const settings = [{ maxConcurrency: 1, prefillMs: 3000 }, { maxConcurrency: 2 }];
    const { result, summaries } = benchResult({ settings, sweep: { recommendation } });
    expect(recommendationText(result, summaries)).toEqual({
      setting: 'max-concurrency 2',
      isKnee: false,
      basis: 'it is best',
      reason: 'it is best',
    });
  });
});

describe('the recommendation with objectives', () => {
  const reasonWith = (slo: readonly string[]): string | undefined => {
    const recommendation = { max_concurrency: 2, concurrency: 8, reason: 'it has the most goodput' };
    const settings = [{ maxConcurrency: 1, prefillMs: 3000 }, { maxConcurrency: 2 }];
    const { result, summaries } = benchResult({ settings, sweep: { recommendation }, plan: { slo: [...slo] } });
    return recommendationText(result, summaries)?.basis;
  };

  it('names those that even the best setting misses', () => {
    expect(reasonWith(['ttft.p50<1ms', 'e2e.p50<1h'])).toBe('it has the most goodput; it still misses ttft.p50<1ms');
    expect(reasonWith(['ttft.p50<1ms', 'e2e.p50<1ms'])).toMatch(/; it still misses ttft\.p50<1ms and e2e\.p50<1ms$/);
  });

  it('is silent about those that only another setting misses', () => {
    expect(reasonWith(['ttft.p50<2s'])).toBe('it has the most goodput');
  });
});

describe('the conclusions on a terminal', () => {
  /** Three trials with these goodputs at max-concurrency 2 and 4, of which 4 is recommended. */
  function briefsOf(goodputs: readonly (readonly [number, number])[], sweep: Partial<Sweep> = {}): readonly string[] {
    const recommendation = { max_concurrency: 4, concurrency: 16, reason: 'it has the most goodput' };
    const settings = [2, 4].map((maxConcurrency) => ({ maxConcurrency, concurrency: 16, completed: 30, goodput: 1 }));
    const described = { settings, trials: goodputs.length, plan: { slo: ['ttft<500ms'] } };
    const { result } = benchResult({ ...described, sweep: { recommendation, ...sweep } });
    const runs = result.runs.map((run) => {
      const goodput = goodputs[run.trial - 1]?.[run.settings.max_concurrency === 2 ? 0 : 1] ?? 0;
      return { ...run, rates: { ...run.rates, goodput } };
    });
    return conclusionsOf({ ...result, runs }, summarise(runs)).flatMap(
      ({ brief }) => brief?.replaceAll('\u00a0', ' ') ?? [],
    );
  }

  it('are short, and the most important comes first', () => {
    expect(briefsOf([[9.9, 10]], { knee: 2, usl })).toEqual([
      expect.stringMatching(/^ttft<500ms: /),
      'Nothing above max-concurrency 4 was measured: try -n 8.',
      'Second best: max-concurrency 2, with 99 % of that goodput; one trial cannot tell which is better (--trials).',
      'Knee, where the ratio of throughput to response time is highest: max-concurrency 2.',
      'Scalability law (R² = 0.988): throughput is far from its peak, which would be near max-concurrency 9.',
    ]);
  });

  it.each([
    [[[5, 10]], 'Second best: max-concurrency 2, with 50 % of that goodput.'],
    [
      [
        [9, 9.5],
        [11, 11.5],
        [10, 10.2],
      ],
      /^Second best: max-concurrency 2, with \d+ % of that goodput; the two cannot be told apart \(95 % interval: \d+ % to \d+ %\)\.$/,
    ],
  ] as const)('say how close the second best setting is: %j', (goodputs, brief) => {
    expect(briefsOf(goodputs)).toContainEqual(typeof brief === 'string' ? brief : expect.stringMatching(brief));
  });

  it('do not repeat that the recommended setting is the knee', () => {
    expect(briefsOf([[5, 10]], { knee: 4 }).join(' ')).not.toContain('Knee');
    const { result, summaries } = examples.sweep();
    expect(recommendationText(result, summaries)).toMatchObject({ setting: 'max-concurrency 4', isKnee: true });
  });

  it.each(Object.entries(examples))('have no figure that the files lack: %s', (_, example) => {
    const { result, summaries } = example();
    const conclusions = conclusionsOf(result, summaries);
    const recommendation = recommendationText(result, summaries);
    const files = [...conclusions.map(({ sentence }) => sentence), recommendation?.setting, recommendation?.reason];
    const figures = (text: string): readonly string[] => text.match(/\d[\d.,]*\d|\d/g) ?? [];
    const known = new Set(files.flatMap((text) => figures(text ?? '')));
    for (const { brief } of conclusions) {
      expect(figures(brief ?? '').filter((figure) => !known.has(figure))).toEqual([]);
    }
  });
});

/** The sentence about where the best setting lies, of a sweep over these settings. */
function adviceAt(
  best: { readonly concurrency?: number; readonly maxConcurrency: number | null },
  settings: readonly { readonly concurrency?: number; readonly maxConcurrency?: number }[],
  slots?: number,
  slotsAt?: string,
  command?: string,
): readonly string[] {
  const recommendation = { max_concurrency: best.maxConcurrency, concurrency: best.concurrency ?? 8, reason: 'it is.' };
  const target = {
    settings: slots === undefined ? {} : { slots, ...(slotsAt !== undefined && { slots_at: slotsAt }) },
  };
  const described = settings.map((each) => ({ completed: 20, ...each }));
  const { result, summaries } = benchResult({ settings: described, sweep: { recommendation }, target });
  return conclusionSentences({ ...result, ...(command !== undefined && { command }) }, summaries).filter((sentence) =>
    sentence.includes('may lie beyond'),
  );
}

const beyond = 'measured, so a better one may lie beyond: try';

describe('a best setting at the edge of the sweep', () => {
  const slots = [2, 4, 8].map((maxConcurrency) => ({ maxConcurrency }));
  const clients = [2, 4, 8].map((concurrency) => ({ concurrency }));

  it('is followed by the next one to try', () => {
    expect(adviceAt({ maxConcurrency: 2 }, slots)).toEqual([
      `The best setting is the smallest that was ${beyond} -n 1.`,
    ]);
    expect(adviceAt({ maxConcurrency: 4 }, slots)).toEqual([]);
    expect(
      adviceAt(
        { maxConcurrency: 8, concurrency: 32 },
        slots.map((each) => ({ ...each, concurrency: 32 })),
      ),
    ).toEqual([`The best setting is the largest that was ${beyond} -n 16.`]);
    expect(adviceAt({ maxConcurrency: null, concurrency: 8 }, clients)).toEqual([
      `The best setting is the largest that was ${beyond} -c 16.`,
    ]);
    expect(adviceAt({ maxConcurrency: null, concurrency: 2 }, clients)).toEqual([
      `The best setting is the smallest that was ${beyond} -c 1.`,
    ]);
  });

  it('is not if there is nothing below', () => {
    expect(adviceAt({ maxConcurrency: 1 }, [{ maxConcurrency: 1 }, ...slots])).toEqual([]);
  });

  it('needs as many clients, without which more generations at once change nothing', () => {
    expect(adviceAt({ maxConcurrency: 8 }, slots)).toEqual([
      `The best setting is the largest that was ${beyond} -n 16, with as many clients (-c 16).`,
    ]);
  });

  it('is no more than there are clients, if some of them had to wait', () => {
    const three = [1, 2].map((maxConcurrency) => ({ maxConcurrency, concurrency: 3 }));
    expect(adviceAt({ maxConcurrency: 2, concurrency: 3 }, three, 2)[0]).toContain(
      'try -n 3, with as many slots at the server (--slots 3).',
    );
  });

  it('goes no further than the slots of the server, or says what that needs', () => {
    const crowd = slots.map((each) => ({ ...each, concurrency: 32 }));
    const best = { maxConcurrency: 8, concurrency: 32 };
    expect(adviceAt(best, crowd, 12)[0]).toContain('try -n 12.');
    expect(adviceAt(best, crowd, 64)[0]).toContain('try -n 16.');
    expect(adviceAt(best, crowd, 8)[0]).toContain('try -n 16, with as many slots at the server (--slots 16).');
    expect(adviceAt({ maxConcurrency: 8 }, slots, 8)[0]).toContain(
      'try -n 16, with as many clients (-c 16) and as many slots at the server (--slots 16).',
    );
    expect(adviceAt(best, crowd, 8, 'upstreams')[0]).toContain(
      "try -n 16, with as many places at the server's upstreams (slots= in serve --upstream, or more upstreams).",
    );
    expect(adviceAt(best, crowd, 8, 'nodes')[0]).toContain(
      "try -n 16, with as many slots at the cluster's nodes (chatstream node --slots, or more nodes).",
    );
  });

  it('needs no more slots at a server that the bench starts, which gives it as many as it measures', () => {
    const adviceFor = (command: string): string =>
      adviceAt({ maxConcurrency: 8 }, slots, 8, undefined, command)[0] ?? '';
    expect(adviceFor('chatstream bench --concurrency 8')).toMatch(/: try -n 16, with as many clients \(-c 16\)\.$/);
    expect(adviceFor('chatstream bench --url http://a')).toContain('and as many slots at the server (--slots 16).');
  });

  it('is named in each of two quantities that were swept', () => {
    const grid = [4, 16, 64].flatMap((concurrency) =>
      [1, 4, 16].map((maxConcurrency) => ({ concurrency, maxConcurrency })),
    );
    expect(adviceAt({ concurrency: 64, maxConcurrency: 16 }, grid)).toEqual([
      `The best setting has the most clients that were ${beyond} -c 128.`,
      `The best setting has the highest max-concurrency that was ${beyond} -n 32.`,
    ]);
    expect(adviceAt({ concurrency: 4, maxConcurrency: 4 }, grid)).toEqual([
      `The best setting has the fewest clients that were ${beyond} -c 2.`,
    ]);
  });
});

describe('a sweep over rates with objectives', () => {
  function adviceFor(
    prefillMs: readonly number[],
    plan: Partial<Plan> = { slo: ['ttft.p50<500ms'] },
  ): readonly string[] {
    const rates = [1, 2, 5];
    const settings = rates.map((rate, index) => ({
      rate,
      concurrency: null,
      prefillMs: prefillMs[index] ?? 50,
      completed: 100,
    }));
    const { result, summaries } = benchResult({ settings, plan });
    return conclusionSentences(result, summaries).filter((sentence) => sentence.includes('that was measured'));
  }

  it('says what to try where the highest meets all of them, or the lowest misses one', () => {
    expect(adviceFor([50, 50, 50])).toEqual([
      'Every objective was met at 5.00 requests/s, the highest rate that was measured: try --rate 10, or search for the limit (--find-max).',
    ]);
    expect(adviceFor([900, 900, 900])).toEqual([
      'An objective was missed even at 1.00 requests/s, the lowest rate that was measured: try --rate 0.5.',
    ]);
  });

  it('says nothing where the limit lies between them, or there is none', () => {
    expect(adviceFor([50, 50, 900])).toEqual([]);
    expect(adviceFor([50, 50, 50], {})).toEqual([]);
  });
});

describe('the Universal Scalability Law', () => {
  it('is linear without contention and crosstalk, and bends with them', () => {
    expect(uslThroughput({ ...usl, sigma: 0, kappa: 0 }, 8)).toBe(800);
    expect(uslThroughput(usl, 1)).toBe(100);
    expect(uslThroughput(usl, 8)).toBeCloseTo(800 / (1 + 0.7 + 0.56), 9);
  });
});
