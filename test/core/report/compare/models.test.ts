import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import { githubAnnotations } from '../../../../src/core/report/compare/github.js';
import { comparisonSuites } from '../../../../src/core/report/compare/junit.js';
import { comparisonMarkdown } from '../../../../src/core/report/compare/markdown.js';
import { renderComparison } from '../../../../src/core/report/compare/terminal.js';
import { comparisonHtml } from '../../../../src/core/report/html/comparison-page.js';
import { junitXml } from '../../../../src/core/report/text/junit-xml.js';
import { alternately, resultOf } from '../../compare/sides.js';

const before = resultOf(1, { completed: 60 });
const after = resultOf(1, { completed: 60 }, {}, 2);
const other = { ...after, target: { ...after.target, model: 'mistyped' } };
const text = `Two models were compared: "${before.target.model}" (baseline) and "mistyped" (candidate).`;

function compared(candidate: typeof after, allowed: readonly string[] = []): Comparison {
  return compare(alternately(before, candidate), { thresholds: parseThresholds(['e2e.p50>90%']), allowed });
}

async function reportsOf(comparison: Comparison): Promise<readonly string[]> {
  return [
    renderComparison(comparison, { colour: false, width: 100 }),
    comparisonMarkdown(comparison),
    junitXml('chatstream', comparisonSuites(comparison)),
    await comparisonHtml(comparison),
    githubAnnotations(comparison).join('\n'),
  ];
}

describe('a verdict on two models of one run', () => {
  it('has a warning right before it', () => {
    const comparison = compared(other);
    expect(comparison.verdict).toBe('pass');
    const terminal = renderComparison(comparison, { colour: false, width: 100 });
    expect(terminal.split('\n\n').at(-1)).toBe(`! ${text}\nPass: the check is within its limit.`);
    expect(comparisonMarkdown(comparison)).toMatch(/\n⚠️ Two models were compared: .*\n\n✅ \*\*Pass\*\*: /);
    expect(githubAnnotations(comparison)).toEqual([
      `::warning title=Performance%3A two models::${text}`,
      expect.stringMatching(/^::notice title=Performance::Pass: /),
    ]);
  });

  it('is accompanied by a skipped case in JUnit', () => {
    expect(comparisonSuites(compared(other))[0]).toEqual({
      name: 'compare: measurement',
      cases: [
        {
          suite: 'chatstream.compare',
          name: 'both sides have the same model',
          status: 'skipped',
          output: text,
          message: text,
        },
      ],
    });
  });

  it('has the warning on its page', async () => {
    expect(await comparisonHtml(compared(other))).toMatch(/<p class="warning">Two models were compared: /);
  });

  it.each([
    ['the models are the same', compared(after)],
    ['it is allowed', compared(other, ['model'])],
  ])('has no warning if %s', async (_, comparison) => {
    expect((await reportsOf(comparison)).join('\n')).not.toMatch(/Two models|two models|same model/);
  });
});
