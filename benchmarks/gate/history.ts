import { type Random, seededRandom } from '../../src/core/base/random.js';
import { parseThreshold } from '../../src/core/compare/threshold.js';
import { cutSeries, judgeSeries, type SeriesVerdict } from '../../src/core/history/judge-series.js';
import { markdownTable } from '../support/markdown.js';
import { percent } from './tally.js';

/**
 * How often `history check` is right: simulated histories with a known truth, one value a day, with a limit of 10 %.
 *
 * node history.js [histories per row]
 */
const histories = Number(process.argv[2] ?? 2000);

const threshold = parseThreshold('ttft.p95>10%');

/** Days differ by this, as a standard deviation. */
const spreads = [0.02, 0.05, 0.1] as const;

/** The logarithms of the values of further days, without any change. */
type Days = () => number;

const kinds: Readonly<Record<string, (spread: number, random: Random) => Days>> = {
  'independent days': (spread, random) => () => spread * normal(random),
  'one day in 20 is 30 % slower': (spread, random) => () =>
    spread * normal(random) + (random() < 0.05 ? Math.log(1.3) : 0),
  'days resemble the day before (0.5)': (spread, random) => {
    let day = spread * normal(random);
    return () => (day = 0.5 * day + Math.sqrt(1 - 0.5 ** 2) * spread * normal(random));
  },
};

/** Box and Muller, 1958. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function verdictOn(logs: readonly number[], last: number): SeriesVerdict {
  return judgeSeries(cutSeries(logs.slice(-last - 1)), threshold).verdict;
}

function unchanged(): readonly string[][] {
  return Object.entries(kinds).flatMap(([name, days]) =>
    spreads.flatMap((spread) =>
      [5, 10, 20].map((last) => {
        const verdicts = Array.from({ length: histories }, (_, index) => {
          const day = days(spread, seededRandom(1 + index));
          return verdictOn(Array.from({ length: last + 1 }, day), last);
        });
        const share = (wanted: SeriesVerdict): string =>
          percent(verdicts.filter((each) => each === wanted).length / histories);
        return [name, percent(spread), String(last), share('regression'), share('inconclusive')];
      }),
    ),
  );
}

/** Entries with the step, the first included, within which detections are counted. */
const within = [1, 2, 3, 5, 10] as const;

/** 20 entries, then a step; each further entry is checked against the 20 before it. */
function stepped(factor: number): readonly string[][] {
  return Object.entries(kinds).flatMap(([name, days]) =>
    spreads.map((spread) => {
      const delays = Array.from({ length: histories }, (_, index) => {
        const day = days(spread, seededRandom(1 + index));
        const logs = Array.from({ length: 20 }, day);
        for (let entries = 1; entries <= 10; entries += 1) {
          logs.push(day() + Math.log(factor));
          if (verdictOn(logs, 20) === 'regression') return entries;
        }
        return Infinity;
      });
      const found = within.map((entries) => percent(delays.filter((delay) => delay <= entries).length / histories));
      return [`+${percent(factor - 1)}`, name, percent(spread), ...found];
    }),
  );
}

console.log(markdownTable(['history', 'spread', 'entries before', 'regression', 'inconclusive'], unchanged()));
console.log();
console.log(
  markdownTable(
    ['step', 'history', 'spread', ...within.map((entries) => `within ${entries}`)],
    [1.2, 1.5].flatMap((factor) => stepped(factor)),
  ),
);
