import { ChatstreamError } from '../../../base/errors.js';
import { RecentlyUsed } from '../../../base/recently-used.js';
import { answerGrammar } from '../../dialects/rules/answer-grammar.js';
import type { ChatDialect } from '../../dialects/templates/chat-dialect.js';
import { compileFormat, isOutOfTime, subjectOf } from '../../format/compile-format.js';
import type { OutputFormat } from '../../output-format.js';

/** Number of compiled formats that are cached. Services mostly use the same few. */
const capacity = 32;

/** How a chat is answered. */
export interface ChatAnswer {
  readonly dialect: ChatDialect;
  /** Whether the prompt ends with the beginning of a thought. */
  readonly isThinking: boolean;
}

/** A format that has to be compiled. */
export type SourceFormat = Exclude<OutputFormat, { type: 'text' | 'compiled' }>;

/** The result of compiling a format. */
export interface Compiled {
  /** A grammar; null for a format that any text satisfies; or why it cannot be used. */
  readonly gbnf: string | ChatstreamError | null;
  /** Whether the result may be different another time, because time was over. */
  readonly isHurried: boolean;
}

/** Compiled formats, by what identifies them. */
export class CompiledFormats {
  /** Errors are cached too, because finding them can take long. */
  readonly #kept = new RecentlyUsed<Compiled>(capacity);

  get(key: string): Compiled | undefined {
    return this.#kept.get(key);
  }

  /** A result that enforces less because time was over is not cached, because it may enforce more the next time. */
  set(key: string, compiled: Compiled): void {
    if (!compiled.isHurried) this.#kept.set(key, compiled);
  }
}

/** Compiles the formats of answers, and caches the results. */
export class Formats {
  readonly #compiled = new CompiledFormats();

  /**
   * A format in the form in which an engine follows it.
   *
   * @param chat null for a text that is continued, which has neither thoughts nor calls
   * @throws ChatstreamError `invalid_request` for a format that cannot be used, `grammar_too_complex`
   */
  compile(format: OutputFormat, chat: ChatAnswer | null): OutputFormat {
    if (format.type === 'text' || format.type === 'compiled') return format;
    const key = JSON.stringify([format, chat?.isThinking ?? null]);
    const compiled = this.#compiled.get(key) ?? compile(format, chat);
    this.#compiled.set(key, compiled);
    return engineFormat(format, compiled);
  }
}

/** @throws ChatstreamError if the format cannot be used */
export function engineFormat(format: SourceFormat, { gbnf }: Compiled): OutputFormat {
  if (gbnf instanceof ChatstreamError) throw gbnf;
  return gbnf === null ? { type: 'text' } : { type: 'compiled', gbnf, param: subjectOf(format).param };
}

/**
 * Compiles a format, which can take seconds.
 *
 * @param chat see `Formats.compile`
 */
export function compile(format: SourceFormat, chat: ChatAnswer | null): Compiled {
  const hurries: true[] = [];
  try {
    const gbnf = gbnfOf(format, chat, () => hurries.push(true));
    return { gbnf, isHurried: hurries.length > 0 };
  } catch (error) {
    if (!(error instanceof ChatstreamError)) throw error;
    return { gbnf: error, isHurried: hurries.length > 0 || isOutOfTime(error) };
  }
}

/** @param onHurry see {@link answerGrammar} */
function gbnfOf(format: SourceFormat, chat: ChatAnswer | null, onHurry: () => void): string | null {
  const [calls, other] = format.type === 'calls' ? [format.demand, format.otherwise] : [null, format];
  if (chat !== null) {
    const { dialect, isThinking } = chat;
    // A model that was not trained to call tools does not know when to stop.
    const demand = calls === null ? null : { ...calls, isParallel: calls.isParallel ?? dialect.hasTools };
    return answerGrammar(dialect, { calls: demand, format: other, isThinking }, onHurry)?.gbnf ?? null;
  }
  return other.type === 'text' || other.type === 'compiled' ? null : compileFormat(other).gbnf;
}
