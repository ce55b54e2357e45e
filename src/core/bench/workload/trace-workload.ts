import { mixSeeds, seededRandom } from '../../base/random.js';
import type { Turn, Workload } from './turn.js';
import { drawWords, type TokenScale, wordsFor } from './words.js';

/** Prompts of random words that share their beginnings in the same way as those of a trace. */
export interface TraceSpec {
  readonly type: 'trace';
  readonly seed: number;
  readonly salt: number;
  readonly scale: TokenScale;
  /** Tokens of a block. */
  readonly blockTokens: number;
  readonly rows: readonly TracePrompt[];
}

/** The composition of a prompt of a trace. */
interface TracePrompt {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Ids of its blocks; rows with the same id have the same words there. */
  readonly blocks: readonly number[] | null;
  /** Number of its session, whose prompts are beginnings of one long text. */
  readonly session: number | null;
  /** Tokens of the session that come before those of the row. */
  readonly tokensBefore: number;
}

/** Keep the random words of blocks, sessions and single rows apart. */
const [blockStream, sessionStream, rowStream] = [0x626c6f63, 0x73657373, 0x726f7773];

/** Number of blocks that are kept, so that a beginning that many prompts share is not made again for each. */
const mostKept = 1024;

/** One request for each row, in the order of the trace; starts over at its end. */
export function traceWorkload({ rows, seed, salt, scale, blockTokens }: TraceSpec): Workload {
  const wordSeed = seed ^ salt;
  const blockWords = Math.max(1, Math.round(blockTokens / scale.perWord));
  const kept = new Map<string, string>();
  const block = (id: number, run: number): string => {
    const key = `${run} ${id}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const words = drawWords(blockWords, seededRandom(mixSeeds(wordSeed, blockStream, id, run)));
    if (kept.size >= mostKept) kept.clear();
    kept.set(key, words);
    return words;
  };

  function promptOf({ inputTokens, blocks, session, tokensBefore }: TracePrompt, run: number, index: number): string {
    const count = wordsFor(tokensBefore + inputTokens, scale);
    if (blocks === null) {
      const words = session === null ? mixSeeds(wordSeed, rowStream, index, run) : mixSeeds(wordSeed, sessionStream, session, run); // prettier-ignore
      return drawWords(count, seededRandom(words));
    }
    const whole = Math.min(blocks.length, Math.floor(count / blockWords));
    const parts = blocks.slice(0, whole).map((id) => block(id, run));
    const left = count - whole * blockWords;
    const next = blocks[whole];
    if (left > 0 && next !== undefined) parts.push(block(next, run).split(' ').slice(0, left).join(' '));
    else if (left > 0) parts.push(drawWords(left, seededRandom(mixSeeds(wordSeed, rowStream, index, run))));
    return parts.join(' ');
  }

  return {
    turnCount: () => 1,
    conversation(run, index): readonly Turn[] {
      const row = rows[index % rows.length];
      if (row === undefined) throw new Error('a trace without rows');
      const content = promptOf(row, run, index % rows.length);
      return [{ messages: [{ role: 'user', content }], outputTokens: row.outputTokens }];
    },
  };
}
