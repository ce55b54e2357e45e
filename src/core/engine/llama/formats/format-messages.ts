import { ChatstreamError } from '../../../base/errors.js';
import { readError, type SentError, writeError } from '../library/sent-error.js';
import type { Compiled } from './formats.js';

/** The result of compiling a format, in the form in which one thread sends it to another. */
export type CompiledAnswer =
  | { readonly type: 'compiled'; readonly gbnf: string | null; readonly isHurried: boolean }
  | { readonly type: 'refused'; readonly error: SentError; readonly isHurried: boolean };

export function writeAnswer({ gbnf, isHurried }: Compiled): CompiledAnswer {
  if (!(gbnf instanceof ChatstreamError)) return { type: 'compiled', gbnf, isHurried };
  return { type: 'refused', error: writeError(gbnf), isHurried };
}

export function readAnswer(answer: CompiledAnswer): Compiled {
  const { isHurried } = answer;
  return { gbnf: answer.type === 'compiled' ? answer.gbnf : readError(answer.error), isHurried };
}
