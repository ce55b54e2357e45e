import { ChatstreamError, type ErrorCode } from '../../../base/errors.js';
import type { Compiled } from './formats.js';

/** What became of a format, as one thread tells another. */
export type CompiledAnswer =
  | { readonly type: 'compiled'; readonly gbnf: string | null; readonly isHurried: boolean }
  | { readonly type: 'refused'; readonly error: SentError; readonly isHurried: boolean };

interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly param?: string;
}

export function writeAnswer({ gbnf, isHurried }: Compiled): CompiledAnswer {
  if (!(gbnf instanceof ChatstreamError)) return { type: 'compiled', gbnf, isHurried };
  const { code, message, hint, param } = gbnf;
  const error = { code, message, ...(hint !== undefined && { hint }), ...(param !== undefined && { param }) };
  return { type: 'refused', error, isHurried };
}

export function readAnswer(answer: CompiledAnswer): Compiled {
  const { isHurried } = answer;
  if (answer.type === 'compiled') return { gbnf: answer.gbnf, isHurried };
  const { code, message, ...details } = answer.error;
  return { gbnf: new ChatstreamError(code, message, details), isHurried };
}
