import { ChatstreamError } from '../../base/errors.js';
import { RecentlyUsed } from '../../base/recently-used.js';
import { answerGrammar } from '../dialects/answer-grammar.js';
import type { ChatDialect } from '../dialects/chat-dialect.js';
import { compileFormat, isOutOfTime, subjectOf } from '../format/compile-format.js';
import type { OutputFormat } from '../output-format.js';

/** Number of compiled formats that are kept. Services mostly ask for the same few. */
const capacity = 32;

/** How a chat is answered. */
export interface ChatAnswer {
  readonly dialect: ChatDialect;
  /** Whether the prompt ends with the beginning of a thought. */
  readonly isThinking: boolean;
}

/** Compiles the formats of answers, and keeps what was compiled. */
export class Formats {
  /** Null for formats that any text satisfies; the error of those that cannot be used, which can take long to find out. */
  readonly #compiled = new RecentlyUsed<string | ChatstreamError | null>(capacity);

  /**
   * A format in the form in which an engine follows it.
   *
   * @param chat null for a text that is continued, in which there are neither thoughts nor calls
   * @throws ChatstreamError `invalid_request` for a format that cannot be used, `grammar_too_complex`
   */
  compile(format: OutputFormat, chat: ChatAnswer | null): OutputFormat {
    if (format.type === 'text' || format.type === 'compiled') return format;
    const key = JSON.stringify([format, chat?.isThinking]);
    const known = this.#compiled.get(key);
    const hurries: true[] = [];
    const gbnf = known === undefined ? gbnfOrError(format, chat, () => hurries.push(true)) : known;
    // What holds less because time was over may hold more the next time.
    if (hurries.length === 0) this.#compiled.set(key, gbnf);
    if (gbnf instanceof ChatstreamError) throw gbnf;
    return gbnf === null ? { type: 'text' } : { type: 'compiled', gbnf, param: subjectOf(format).param };
  }
}

function gbnfOrError(...demand: Parameters<typeof gbnfOf>): string | ChatstreamError | null {
  try {
    return gbnfOf(...demand);
  } catch (error) {
    if (!(error instanceof ChatstreamError) || isOutOfTime(error)) throw error;
    return error;
  }
}

/** @param onHurry see {@link answerGrammar} */
function gbnfOf(
  format: Exclude<OutputFormat, { type: 'text' | 'compiled' }>,
  chat: ChatAnswer | null,
  onHurry: () => void,
): string | null {
  const [calls, other] = format.type === 'calls' ? [format.demand, format.otherwise] : [null, format];
  if (chat !== null) {
    const { dialect, isThinking } = chat;
    // A model that was not trained to call tools does not know when to stop.
    const demand = calls === null ? null : { ...calls, isParallel: calls.isParallel ?? dialect.hasTools };
    return answerGrammar(dialect, { calls: demand, format: other, isThinking }, onHurry)?.gbnf ?? null;
  }
  return other.type === 'text' || other.type === 'compiled' ? null : compileFormat(other).gbnf;
}
