import { type Dialect, marksOf } from '../dialect.js';
import { hermes } from '../families/json/hermes.js';
import { dialectOf } from './dialect-of.js';

/** How chats with a model are written and read. */
export interface ChatDialect extends Dialect {
  /** Whether the chat template accepts tools; if not, or not in a known way, they are described in a message. */
  readonly hasTools: boolean;
}

/** @param templateSource null for a model without a template */
export function chatDialect(templateSource: string | null): ChatDialect {
  const dialect: Dialect = templateSource === null ? { thoughts: null, calls: null } : dialectOf(templateSource);
  const isGeneric = dialect.calls === null && dialect.messages === undefined;
  return isGeneric ? { ...dialect, calls: hermes, hasTools: false } : { ...dialect, hasTools: true };
}

/** The special tokens that have to be part of the text of an answer, so that it can be read. */
export function marksOfAnswer(dialect: Dialect, mayCall: boolean): readonly string[] {
  return marksOf(mayCall ? dialect : { ...dialect, calls: null });
}
